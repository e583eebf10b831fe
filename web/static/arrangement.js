// How pages lie while they are arranged: plain data, and nothing of the page on the screen.
// static/arrange.js shows it and changes it.
const arrangement = (() => {
  "use strict";

  // A state is {groups: [{id, pages}], dropped, turn, kind}: turn and kind are by page and
  // have none that is 0 or "". Pages in no group stand aside.
  const stateOf = (text) => {
    const p = JSON.parse(text);
    const s = { groups: [], dropped: p.dropped || [], turn: {}, kind: {} };
    (p.groups || []).forEach((places, i) => {
      s.groups.push({ id: (p.ids || [])[i] || `new-${i}`, pages: places.map((place) => place.page) });
      for (const place of places) {
        if (place.turn) s.turn[place.page] = place.turn;
        if (place.kind) s.kind[place.page] = place.kind;
      }
    });
    return s;
  };
  const copy = (s) => JSON.parse(JSON.stringify(s));
  const groupOf = (s, page) => s.groups.find((g) => g.pages.includes(page));
  const put = (map, page, value) => { if (value) map[page] = value; else delete map[page]; };

  // place is what is kept of a state; two that have the same are the same.
  const place = (s) => JSON.stringify({
    groups: s.groups.map((g) => g.pages.map((page) => {
      const p = { page };
      if (s.turn[page]) p.turn = s.turn[page];
      if (s.kind[page]) p.kind = s.kind[page];
      return p;
    })),
    dropped: [...s.dropped].sort((a, b) => a - b),
  });
  const sameAs = (a, b) => place(a) === place(b);

  // claim gives each group the id of the one in another state that it shares most pages
  // with, as the desk does when it keeps them.
  const claim = (s, from) => {
    const claims = s.groups.flatMap((group, i) => from.groups.map((old) => ({ group, i, id: old.id, n: old.pages.filter((p) => group.pages.includes(p)).length })));
    s.groups.forEach((group, i) => { group.id = `own-${i}`; });
    const given = new Set();
    for (const c of claims.sort((a, b) => b.n - a.n || a.i - b.i)) {
      if (c.n === 0 || given.has(c.group) || given.has(c.id)) continue;
      c.group.id = c.id;
      given.add(c.group).add(c.id);
    }
    return s;
  };

  // ranges writes 1, 2, 3, 5 as 1-3 and 5, with and between them.
  const ranges = (list, and) => {
    const sorted = [...list].sort((a, b) => a - b);
    const parts = [];
    for (let i = 0; i < sorted.length; i++) {
      const from = i;
      while (sorted[i + 1] === sorted[i] + 1) i++;
      parts.push(i > from ? `${sorted[from]}-${sorted[i]}` : `${sorted[i]}`);
    }
    return parts.join(and);
  };

  const take = (s, list) => { for (const g of s.groups) g.pages = g.pages.filter((n) => !list.includes(n)); };
  // insert puts pages into a group: at a place, or where their numbers say if it is in order.
  const insert = (group, list, at) => {
    if (at !== undefined) {
      group.pages.splice(at, 0, ...list);
      return;
    }
    for (const page of list) {
      const sorted = group.pages.every((n, i) => i === 0 || group.pages[i - 1] < n);
      const i = sorted ? group.pages.findIndex((n) => n > page) : -1;
      group.pages.splice(i < 0 ? group.pages.length : i, 0, page);
    }
  };

  return { stateOf, copy, place, sameAs, claim, groupOf, put, take, insert, ranges };
})();
