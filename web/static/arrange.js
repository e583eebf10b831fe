// Arranging pages by hand. What is being made lives here until it is saved, as one form;
// each step can be undone.
(() => {
  "use strict";
  const { stateOf, copy, place, sameAs, claim, groupOf, put, take, insert } = arrangement;
  const root = document.getElementById("arrange");
  const groups = document.getElementById("groups");
  const aside = document.getElementById("aside");
  const dropNew = document.getElementById("drop-new");
  const tools = document.getElementById("tools");
  const form = document.getElementById("save");
  const look = document.getElementById("look");
  const keys = document.getElementById("keys");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const button = (name) => document.querySelector(`[data-do="${name}"]`);
  const say = (text) => { document.getElementById("said").textContent = text; };
  const fill = (key, ...args) => root.dataset[key].replace(/%s/g, () => args.shift());
  const kindNames = new Map(all("[data-set-kind]").map((b) => [b.dataset.setKind, b.textContent.trim()]));

  const tiles = new Map(all(".tile").map((li) => [Number(li.dataset.page), li]));
  const pages = [...tiles.keys()].sort((a, b) => a - b);

  const base = stateOf(root.dataset.base);
  const machine = claim(stateOf(root.dataset.machine), base);
  let state = root.dataset.mine ? claim(stateOf(root.dataset.mine), base) : copy(base);
  let selected = new Set();
  let cursor = pages[0];
  let anchor = cursor;
  let made = 0; // new applications
  const past = [];
  const future = [];

  const asideOf = (s) => pages.filter((n) => !groupOf(s, n));
  const inOrder = () => [...state.groups.flatMap((g) => g.pages), ...asideOf(state)];
  const chosen = () => inOrder().filter((n) => selected.has(n));
  const nameOf = (s, group) => (group ? fill("tGroup", s.groups.indexOf(group) + 1) : root.dataset.tAside);
  const ranges = (list) => arrangement.ranges(list, root.dataset.tAnd);
  const turnName = (degrees) => root.getAttribute(`data-turned-${degrees}`);

  // changes says in sentences how a state differs from the one that is saved.
  const changes = (from, to) => {
    const out = [];
    if (from.groups.length !== to.groups.length) out.push(fill("tNumber", from.groups.length, to.groups.length));
    const by = (of) => {
      const sorted = new Map();
      for (const page of pages) {
        const key = of(page);
        if (key !== null) sorted.set(key, [...(sorted.get(key) || []), page]);
      }
      return sorted;
    };
    const where = (s, page) => (groupOf(s, page) || { id: s.dropped.includes(page) ? "-" : "" }).id;
    for (const [id, list] of by((n) => (where(from, n) === where(to, n) ? null : where(to, n)))) {
      const group = to.groups.find((g) => g.id === id);
      const isNew = group && !from.groups.some((g) => g.id === id);
      if (id === "-") out.push(fill("tTaken", ranges(list)));
      else out.push(fill(isNew ? "tMovedNew" : "tMoved", ranges(list), nameOf(to, group)));
    }
    for (const g of to.groups) {
      const old = from.groups.find((o) => o.id === g.id);
      if (!old) continue;
      const stayed = g.pages.filter((n) => old.pages.includes(n));
      const were = old.pages.filter((n) => g.pages.includes(n));
      if (stayed.join() !== were.join()) out.push(fill("tOrder", nameOf(to, g)));
    }
    const turned = (n) => ((to.turn[n] || 0) - (from.turn[n] || 0) + 360) % 360;
    for (const [degrees, list] of by((n) => (groupOf(to, n) && turned(n)) || null)) out.push(fill("tTurn", ranges(list), turnName(degrees)));
    const renamed = (n) => groupOf(to, n) && (to.kind[n] || "") !== (from.kind[n] || "");
    for (const [kind, list] of by((n) => (renamed(n) ? to.kind[n] || "" : null))) out.push(fill("tKind", ranges(list), kindNames.get(kind)));
    return out;
  };

  // Showing.
  const sectionOf = (id) => {
    let section = groups.querySelector(`[data-group="${CSS.escape(id)}"]`);
    if (!section) {
      section = document.getElementById("new-group").content.firstElementChild.cloneNode(true);
      section.dataset.group = id;
    }
    return section;
  };
  const order = (parent, children, before = null) => {
    for (const child of [...parent.children]) {
      if (child.matches(".tile") && !children.includes(child)) child.remove();
    }
    let next = before;
    for (const child of [...children].reverse()) {
      if (child.nextElementSibling !== next || child.parentNode !== parent) parent.insertBefore(child, next);
      next = child;
    }
  };
  const dress = (page) => {
    const li = tiles.get(page);
    const group = groupOf(state, page);
    const turn = state.turn[page] || 0;
    const kind = state.kind[page] || li.dataset.kind;
    const marks = [];
    if ("broken" in li.dataset) marks.push(root.dataset.tBroken);
    if (turn) marks.push(turnName(turn));
    if (state.kind[page]) marks.push(root.dataset.tByHand);
    if (!group && state.dropped.includes(page)) marks.push(root.dataset.tDropped);
    li.dataset.turned = (turn - Number(li.dataset.shown) + 360) % 360;
    li.querySelector("[data-kind-name]").textContent = kindNames.get(kind) || kindNames.get("attachment");
    li.querySelector("[data-marks]").textContent = marks.join(root.dataset.tAnd);
    const list = group ? group.pages : asideOf(state);
    li.setAttribute("aria-posinset", list.indexOf(page) + 1);
    li.setAttribute("aria-setsize", list.length);
    li.setAttribute("aria-selected", selected.has(page));
  };

  const mark = () => {
    for (const [page, li] of tiles) li.setAttribute("aria-selected", selected.has(page));
    for (const ul of all("[data-list]", groups)) {
      const inside = all(".tile", ul);
      const stop = inside.find((li) => Number(li.dataset.page) === cursor) || inside[0];
      for (const li of inside) li.tabIndex = li === stop ? 0 : -1;
    }
    const list = chosen();
    document.getElementById("selected").textContent = list.length ? fill("tSelected", list.length) : "";
    for (const b of all("[data-some]")) b.disabled = list.length === 0;
    for (const d of all(".pick")) {
      d.classList.toggle("off", list.length === 0);
      d.querySelector("summary").setAttribute("aria-disabled", list.length === 0);
      if (list.length === 0) d.open = false;
    }
    const out = list.length > 0 && list.every((n) => !groupOf(state, n));
    button("drop").textContent = out ? root.dataset.tPut : root.dataset.tDrop;
  };

  const show = () => {
    const focused = document.activeElement;
    const kept = new Set(state.groups.map((g) => g.id));
    const sections = state.groups.map((g) => sectionOf(g.id));
    for (const section of all(".group", groups)) {
      if (section !== aside && !kept.has(section.dataset.group)) section.remove();
    }
    order(groups, sections, dropNew);
    const lists = [...state.groups.map((g, i) => [sections[i], g.pages, nameOf(state, g)]), [aside, asideOf(state), root.dataset.tAside]];
    for (const [section, list, name] of lists) {
      const ul = section.querySelector("[data-list]");
      order(ul, list.map((n) => tiles.get(n)));
      if (list.length) {
        ul.setAttribute("role", "listbox");
        ul.setAttribute("aria-multiselectable", "true");
        ul.setAttribute("aria-label", name);
      } else {
        for (const a of ["role", "aria-multiselectable", "aria-label"]) ul.removeAttribute(a);
      }
      section.querySelector("[data-title]").textContent = name;
      section.querySelector("[data-count]").textContent = fill("tPages", list.length);
    }
    aside.querySelector("[data-empty]").hidden = asideOf(state).length > 0;
    pages.forEach(dress);
    mark();

    const different = changes(base, state);
    document.getElementById("changes").replaceChildren(...different.map((text) => {
      const li = document.createElement("li");
      li.textContent = text;
      return li;
    }));
    const changed = !sameAs(base, state);
    document.getElementById("unchanged").hidden = different.length > 0;
    document.getElementById("one-more").hidden = state.groups.length > 0;
    document.getElementById("save-it").disabled = !changed || state.groups.length === 0;
    button("reset").disabled = !changed;
    button("machine").disabled = sameAs(machine, state);
    button("undo").disabled = past.length === 0;
    button("redo").disabled = future.length === 0;
    form.elements.arrangement.value = place(state);
    // A tile that was moved, or a button that is off now, has lost the focus.
    if (focused && focused !== document.activeElement || document.activeElement.disabled) tiles.get(cursor).focus();
  };

  // step makes a change that can be undone.
  const step = (change) => {
    const next = copy(state);
    change(next);
    next.groups = next.groups.filter((g) => g.pages.length > 0);
    next.dropped = next.dropped.filter((n) => !groupOf(next, n));
    if (place(next) === place(state)) {
      say(root.dataset.tNone);
      return;
    }
    const said = changes(state, next);
    past.push(state);
    future.length = 0;
    state = next;
    show();
    say(said.join(root.dataset.tAnd));
  };
  const travel = (from, to, text) => {
    if (!from.length) return;
    to.push(state);
    state = from.pop();
    show();
    say(text);
  };

  const newGroup = () => {
    do made++; while (state.groups.some((g) => g.id === `new-${made}`) || base.groups.some((g) => g.id === `new-${made}`));
    return { id: `new-${made}`, pages: [] };
  };
  const moveTo = (id, list, before) => step((s) => {
    const after = s.groups.indexOf(groupOf(s, list[0]));
    let group = s.groups.find((g) => g.id === id);
    take(s, list);
    if (!group) {
      group = newGroup();
      s.groups.splice(after < 0 ? s.groups.length : after + 1, 0, group);
    }
    insert(group, list, before === undefined ? undefined : before === null ? group.pages.length : group.pages.indexOf(before));
  });
  const drop = (list) => step((s) => {
    const gone = list.filter((n) => groupOf(s, n));
    take(s, gone);
    s.dropped.push(...gone);
  });
  const putBack = (list) => step((s) => {
    for (const page of list) {
      const home = groupOf(base, page) || groupOf(machine, page);
      let group = home && s.groups.find((g) => g.id === home.id);
      if (!group) group = [...s.groups].reverse().find((g) => g.pages.some((n) => n < page)) || s.groups[0];
      if (!group) s.groups.push(group = newGroup());
      insert(group, [page]);
    }
  });
  const shift = (by) => step((s) => {
    for (const g of s.groups) {
      const list = by < 0 ? g.pages : g.pages.reverse();
      for (let i = 1; i < list.length; i++) {
        if (selected.has(list[i]) && !selected.has(list[i - 1])) [list[i - 1], list[i]] = [list[i], list[i - 1]];
      }
      if (by > 0) g.pages.reverse();
    }
  });
  const turn = (by) => step((s) => { for (const n of chosen()) put(s.turn, n, ((s.turn[n] || 0) + by + 360) % 360); });

  const run = {
    undo: () => travel(past, future, root.dataset.tUndo),
    redo: () => travel(future, past, root.dataset.tRedo),
    back: () => shift(-1),
    forth: () => shift(1),
    left: () => turn(-90),
    right: () => turn(90),
    split: () => step((s) => {
      const first = chosen().find((n) => groupOf(s, n));
      const g = groupOf(s, first);
      if (!g || g.pages.indexOf(first) === 0) return;
      const rest = newGroup();
      rest.pages = g.pages.splice(g.pages.indexOf(first));
      s.groups.splice(s.groups.indexOf(g) + 1, 0, rest);
    }),
    join: () => step((s) => {
      const g = groupOf(s, chosen().find((n) => groupOf(s, n)));
      const next = g && s.groups[s.groups.indexOf(g) + 1];
      if (next) g.pages.push(...next.pages.splice(0));
    }),
    drop: () => {
      const list = chosen();
      if (list.every((n) => !groupOf(state, n))) putBack(list);
      else drop(list);
    },
    reset: () => step((s) => Object.assign(s, copy(base))),
    machine: () => step((s) => Object.assign(s, copy(machine))),
    look: () => enlarge(cursor),
    keys: () => keys.showModal(),
  };
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-do]");
    if (b) run[b.dataset.do]();
  });

  // The menus: what to move to, and the kinds.
  document.getElementById("to").querySelector("summary").addEventListener("click", () => {
    const option = (id, text) => {
      const b = document.createElement("button");
      b.type = "button";
      b.dataset.to = id;
      b.textContent = text;
      return b;
    };
    const others = state.groups.filter((g) => !chosen().every((n) => g.pages.includes(n)));
    const list = [...others.map((g) => option(g.id, nameOf(state, g))), option("+", root.dataset.tNew)];
    document.querySelector("[data-targets]").replaceChildren(...list);
  });
  const closed = (menu) => { menu.open = false; tiles.get(cursor).focus(); };
  for (const menu of all(".pick")) {
    const summary = menu.querySelector("summary");
    // Opened here and not by the browser, so that the next key finds the menu already.
    summary.addEventListener("click", (e) => {
      e.preventDefault();
      menu.open = !menu.open && selected.size > 0;
      if (menu.open) menu.querySelector("button").focus();
    });
    menu.addEventListener("keydown", (e) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      const list = all("button", menu);
      if (!by || !list.includes(document.activeElement)) return;
      e.preventDefault();
      list[(list.indexOf(document.activeElement) + by + list.length) % list.length].focus();
    });
  }
  tools.addEventListener("click", (e) => {
    const b = e.target.closest("[data-to], [data-set-kind]");
    if (!b) return;
    closed(b.closest(".pick"));
    if ("to" in b.dataset) moveTo(b.dataset.to, chosen());
    else step((s) => { for (const n of chosen()) put(s.kind, n, b.dataset.setKind); });
  });

  // Selecting, by mouse, finger and keys.
  const select = (page, how) => {
    const list = inOrder();
    if (how === "run") {
      const [from, to] = [list.indexOf(anchor), list.indexOf(page)].sort((a, b) => a - b);
      selected = new Set(list.slice(from, to + 1));
    } else if (how === "toggle") {
      if (!selected.delete(page)) selected.add(page);
      anchor = page;
    } else {
      selected = new Set([page]);
      anchor = page;
    }
    cursor = page;
    mark();
  };
  groups.addEventListener("click", (e) => {
    const li = e.target.closest(".tile");
    if (!li) return;
    const toggles = e.ctrlKey || e.metaKey || e.pointerType === "touch";
    select(Number(li.dataset.page), e.shiftKey ? "run" : toggles ? "toggle" : "");
    li.focus();
  });
  groups.addEventListener("dblclick", (e) => {
    const li = e.target.closest(".tile");
    if (li) enlarge(Number(li.dataset.page));
  });
  const nextTo = (page, key) => {
    const list = inOrder();
    const at = list.indexOf(page);
    switch (key) {
      case "ArrowLeft": return list[at - 1];
      case "ArrowRight": return list[at + 1];
      case "Home": return list[0];
      case "End": return list.at(-1);
    }
    const here = tiles.get(page).getBoundingClientRect();
    const down = key === "ArrowDown";
    const rows = list.map((n) => [n, tiles.get(n).getBoundingClientRect()]).filter(([, r]) => (down ? r.top > here.top + 4 : r.top < here.top - 4));
    const row = (down ? Math.min : Math.max)(...rows.map(([, r]) => r.top));
    const near = rows.filter(([, r]) => Math.abs(r.top - row) < 4).sort(([, a], [, b]) => Math.abs(a.left - here.left) - Math.abs(b.left - here.left));
    return near.length ? near[0][0] : undefined;
  };
  groups.addEventListener("keydown", (e) => {
    const li = e.target.closest(".tile");
    if (!li || e.altKey) return;
    const page = Number(li.dataset.page);
    if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(e.key)) {
      e.preventDefault();
      const to = nextTo(page, e.key);
      if (to === undefined) return;
      if (e.ctrlKey) {
        cursor = to;
        mark();
      } else {
        select(to, e.shiftKey ? "run" : "");
      }
      tiles.get(to).focus();
      tiles.get(to).scrollIntoView({ block: "nearest" });
    } else if (e.key === " ") {
      e.preventDefault();
      select(page, e.shiftKey ? "run" : "toggle");
    } else if (e.key === "Enter") {
      e.preventDefault();
      enlarge(page);
    } else if (e.key === "Delete") {
      e.preventDefault();
      if (selected.size) run.drop();
    }
  });
  groups.addEventListener("focusin", (e) => {
    const li = e.target.closest(".tile");
    if (!li) return;
    cursor = Number(li.dataset.page);
    if (selected.size === 0) select(cursor);
  });
  document.addEventListener("keydown", (e) => {
    if (e.isComposing || look.open || keys.open) return;
    const letter = e.key.toLowerCase();
    if (e.ctrlKey || e.metaKey) {
      const back = letter === "z" && !e.shiftKey;
      if (back || letter === "y" || letter === "z") {
        e.preventDefault();
        run[back ? "undo" : "redo"]();
      } else if (letter === "a") {
        e.preventDefault();
        const g = groupOf(state, cursor);
        selected = new Set(g ? g.pages : asideOf(state));
        mark();
      }
    } else if (e.key === "?" || e.key === "？") {
      e.preventDefault(); // before the keys of every page, which are in desk.js
      run.keys();
    } else if (e.key === "Escape") {
      const menu = document.querySelector(".pick[open]");
      if (menu) {
        closed(menu);
      } else {
        selected = new Set();
        mark();
      }
    }
  }, true);

  // One page, large.
  const enlarge = (page) => {
    const li = tiles.get(page);
    const image = document.getElementById("look-image");
    image.hidden = true; // until it is there, so that no other is taken for it
    image.onload = () => { image.hidden = false; };
    image.src = `/bundles/${root.dataset.sha}/pages/${page}.jpg?w=1000&turn=${li.dataset.rotation}`;
    image.dataset.turned = li.dataset.turned;
    image.alt = li.textContent.trim().replace(/\s+/g, " ");
    document.getElementById("look-title").textContent = image.alt;
    look.dataset.page = page;
    if (!look.open) look.showModal();
  };
  const leaf = (by) => {
    const list = inOrder();
    const to = list[list.indexOf(Number(look.dataset.page)) + by];
    if (to !== undefined) enlarge(to);
  };
  look.addEventListener("click", (e) => {
    const b = e.target.closest("[data-look]");
    if (b) leaf(Number(b.dataset.look));
    else if (e.target === look) look.close();
  });
  look.addEventListener("keydown", (e) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (by) leaf(by);
  });
  look.addEventListener("close", () => {
    const page = Number(look.dataset.page);
    select(page);
    tiles.get(page).focus();
  });

  // Drag and drop.
  let dragged = null;
  const target = (e) => {
    const section = e.target.closest(".group, .drop-new");
    if (!dragged || !section) return null;
    const li = e.target.closest(".tile");
    if (!li || section === aside || dragged.includes(Number(li.dataset.page))) return { section };
    const r = li.getBoundingClientRect();
    return { section, li, after: e.clientX > r.left + r.width / 2 };
  };
  const unmark = () => { for (const el of all(".over, .over-left, .over-right")) el.classList.remove("over", "over-left", "over-right"); };
  groups.addEventListener("dragstart", (e) => {
    const li = e.target.closest(".tile");
    if (!li) return;
    const page = Number(li.dataset.page);
    if (!selected.has(page)) select(page);
    dragged = chosen();
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", dragged.join(" "));
    setTimeout(() => { dropNew.hidden = !dragged; }); // at once, it would end the drag
  });
  groups.addEventListener("dragover", (e) => {
    const to = target(e);
    unmark();
    if (!to) return;
    e.preventDefault();
    (to.li || to.section).classList.add(to.li ? (to.after ? "over-right" : "over-left") : "over");
  });
  groups.addEventListener("drop", (e) => {
    const to = target(e);
    if (!to) return;
    e.preventDefault();
    const list = dragged;
    if (to.section === aside) drop(list);
    else if (to.section === dropNew) moveTo("+", list);
    else if (!to.li) moveTo(to.section.dataset.group, list);
    else {
      const rest = groupOf(state, Number(to.li.dataset.page)).pages.filter((n) => !list.includes(n));
      const at = rest.indexOf(Number(to.li.dataset.page)) + (to.after ? 1 : 0);
      moveTo(to.section.dataset.group, list, at < rest.length ? rest[at] : null);
    }
  });
  groups.addEventListener("dragend", () => {
    dragged = null;
    dropNew.hidden = true;
    unmark();
  });

  // Nobody loses what they made by going elsewhere.
  let leaving = false;
  const leave = () => { leaving = true; };
  form.addEventListener("submit", leave);
  for (const a of all("[data-leave]")) a.addEventListener("click", leave);
  window.addEventListener("beforeunload", (e) => { if (!leaving && !sameAs(base, state)) e.preventDefault(); });
  window.addEventListener("pageshow", () => { leaving = false; });

  for (const li of tiles.values()) {
    li.setAttribute("role", "option");
    li.draggable = true;
  }
  tools.hidden = false;
  show();
})();
