// The review view: the page's picture with boxes on it, and keys. Without it the links
// and forms of the page still work.
(() => {
  "use strict";
  const root = document.getElementById("review");
  const view = document.getElementById("view");
  const turned = document.getElementById("turned");
  const stage = document.getElementById("stage");
  const boxes = document.getElementById("boxes");
  const side = document.getElementById("side");
  const where = document.getElementById("where");
  const broken = document.getElementById("broken");
  const keys = document.getElementById("keys");
  const panel = () => document.getElementById("panel");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const widths = [1000, 1600, 2480];
  const state = { page: Number(root.dataset.page), zoom: 1, turn: 0, ratio: Math.SQRT2, chosen: null };

  // Pages.
  const thumbs = all(".strip a[data-page]");
  const thumbOf = (page) => thumbs.find((a) => Number(a.dataset.page) === page);

  const layOut = () => {
    const sideways = state.turn % 180 !== 0;
    const room = Math.max(200, view.clientWidth - 16);
    const across = room * state.zoom; // how wide the picture is on the screen
    const w = sideways ? across / state.ratio : across;
    const h = w * state.ratio;
    stage.style.width = `${w}px`;
    stage.style.height = `${h}px`;
    stage.style.transform = `translate(-50%, -50%) rotate(${state.turn}deg)`;
    turned.style.width = `${sideways ? h : w}px`;
    turned.style.height = `${sideways ? w : h}px`;
    const image = document.getElementById("image");
    if (image) load(image, w);
  };

  // load has the picture in the width that it is seen in.
  const load = (image, width) => {
    const thumb = thumbOf(state.page);
    const need = width * (window.devicePixelRatio || 1);
    const wide = widths.find((x) => x >= need * 0.9) || widths.at(-1);
    const have = image.dataset.page === String(state.page) ? Number(image.dataset.wide) : 0;
    if (!thumb || wide <= have) return;
    const src = `/bundles/${root.dataset.sha}/pages/${state.page}.jpg?w=${wide}&turn=${thumb.dataset.turn}`;
    if (image.getAttribute("src") !== src) image.src = src;
    image.dataset.page = state.page;
    image.dataset.wide = wide;
  };

  const pictureIn = () => {
    const thumb = thumbOf(state.page);
    let image = document.getElementById("image");
    const hidden = thumb && "hidden" in thumb.dataset;
    broken.hidden = !hidden;
    broken.textContent = hidden ? root.dataset.blocked : root.dataset.broken;
    if (hidden) {
      if (image) image.remove();
      return;
    }
    if (!image) {
      image = document.createElement("img");
      image.id = "image";
      stage.prepend(image);
    }
    if (!image.onload) {
      image.onload = () => {
        broken.hidden = true;
        if (image.naturalWidth) {
          const ratio = image.naturalHeight / image.naturalWidth;
          if (Math.abs(ratio - state.ratio) > 0.001) {
            state.ratio = ratio;
            layOut();
          }
        }
      };
      image.onerror = () => {
        broken.textContent = root.dataset.broken;
        broken.hidden = false;
      };
    }
    image.alt = thumb ? thumb.dataset.alt : "";
  };

  const show = (page) => {
    const thumb = thumbOf(page);
    if (!thumb || page === state.page) return;
    state.page = page;
    for (const a of thumbs) {
      if (a === thumb) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    }
    thumb.scrollIntoView({ block: "nearest" });
    where.textContent = thumb.dataset.name;
    const address = new URL(location.href);
    address.searchParams.set("page", page);
    address.searchParams.delete("edit");
    history.replaceState(history.state, "", address);
    pictureIn();
    layOut();
    draw();
    view.scrollTo(0, 0);
  };

  // flag says of each page whether something on it waits for a person.
  const flag = () => {
    const open = all('.check:not(.is-pass), .item.doubt[id^="f-"]', panel());
    for (const a of thumbs) {
      const waits = open.some((el) => el.dataset.page === a.dataset.page);
      a.classList.toggle("doubt", waits);
      a.querySelector("[data-doubt]").hidden = !waits;
    }
  };

  const step = (by) => {
    const at = thumbs.findIndex((a) => Number(a.dataset.page) === state.page);
    const next = thumbs[at + by];
    if (next) show(Number(next.dataset.page));
  };

  // Boxes. A place is told in fractions of the page, in data-box.
  const sides = (el) => (el.dataset.box || "").split(",").map(Number);
  const boxed = (el) => {
    const [left, top, right, bottom] = sides(el);
    const box = document.createElement("div");
    box.style.left = `${left * 100}%`;
    box.style.top = `${top * 100}%`;
    box.style.width = `${(right - left) * 100}%`;
    box.style.height = `${(bottom - top) * 100}%`;
    return box;
  };
  const area = (el) => {
    const [left, top, right, bottom] = sides(el);
    return (right - left) * (bottom - top);
  };
  const here = (el) => Number(el.dataset.page) === state.page && el.dataset.box;

  const draw = () => {
    boxes.replaceChildren();
    for (const el of all("[data-mark]").filter(here)) {
      const box = boxed(el);
      box.className = "box word";
      boxes.append(box);
    }
    // Small boxes lie on large ones, so that a click finds the smallest.
    const items = all("[data-item][data-box]", panel()).filter(here).sort((a, b) => area(b) - area(a));
    for (const el of items) {
      const box = boxed(el);
      box.className = "box";
      if (el.classList.contains("check")) box.classList.add("of-check");
      if (el.classList.contains("doubt") || el.classList.contains("is-review")) box.classList.add("doubt");
      if (el.classList.contains("is-fail")) box.classList.add("bad");
      if (el.id === state.chosen) box.classList.add("chosen");
      box.dataset.of = el.id;
      boxes.append(box);
    }
  };

  const reveal = () => {
    const box = boxes.querySelector(".chosen") || boxes.querySelector(".word");
    if (!box) return;
    const a = box.getBoundingClientRect();
    const b = view.getBoundingClientRect();
    if (a.top < b.top + 8 || a.bottom > b.bottom - 8) view.scrollTop += (a.top + a.bottom - b.top - b.bottom) / 2;
    if (a.left < b.left + 8 || a.right > b.right - 8) view.scrollLeft += (a.left + a.right - b.left - b.right) / 2;
  };

  // choose makes an item the one that is looked at, and shows its place.
  const choose = (item) => {
    if (!item || !item.id) return;
    const old = state.chosen && document.getElementById(state.chosen);
    if (old && old !== item) old.classList.remove("chosen");
    item.classList.add("chosen");
    state.chosen = item.id;
    if (item.dataset.page) show(Number(item.dataset.page));
    draw();
    reveal();
  };

  const focusOn = (item) => {
    if (!item) return;
    const folded = item.closest("details:not([open])");
    if (folded) folded.open = true;
    const target = item.querySelector("[data-focus]") || item;
    target.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
    choose(item);
  };

  // Items that wait for a person, in the order in which they stand.
  const stops = () => {
    const open = all("[data-stop]", panel());
    return open.length ? open : all("[data-item][data-target]", panel()).filter((el) => !el.closest("details:not([open])"));
  };
  const current = () => (state.chosen && document.getElementById(state.chosen)) || null;
  const move = (by) => {
    const list = stops();
    if (!list.length) return;
    const at = current();
    let i = list.indexOf(at);
    if (i < 0 && at) {
      // From something between two of them, to the next in that direction.
      const after = list.findIndex((el) => at.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING);
      i = by > 0 ? (after < 0 ? list.length : after) - 1 : after < 0 ? list.length : after;
    } else if (i < 0) {
      i = by > 0 ? -1 : 0;
    }
    focusOn(list[(i + by + list.length) % list.length]);
  };

  // Forms.
  const opened = (item) => {
    const form = item && item.querySelector("[data-editor]");
    if (!form) return;
    item.classList.add("open");
    dress(form);
    const first = form.querySelector("textarea, input:not([type=hidden])");
    if (first) {
      first.focus();
      if (first.select && first.tagName === "INPUT" && first.type !== "checkbox") first.select();
    }
    item.scrollIntoView({ block: "nearest" });
    choose(item);
  };
  const edit = (item) => {
    const link = item && item.querySelector("[data-edit]");
    if (!link) return false;
    if (item.querySelector("[data-editor]")) {
      opened(item);
      return true;
    }
    const address = `/applications/${encodeURIComponent(root.dataset.id)}/edit?target=${encodeURIComponent(item.dataset.target)}`;
    htmx.ajax("GET", address, { target: item.querySelector("[data-form]"), swap: "innerHTML" }).then(() => opened(item));
    return true;
  };
  const close = (form) => {
    const item = form.closest("[data-item]");
    item.classList.remove("open");
    form.remove();
    focusOn(item);
  };
  // dress gives a form what needs scripts: the count of characters, and more rows.
  const dress = (form) => {
    const add = form.querySelector("[data-add-row]");
    if (add) add.hidden = false;
    const area = form.querySelector("[data-limit]");
    if (!area || area.dataset.counted) return;
    area.dataset.counted = "yes";
    const count = form.querySelector("[data-count]");
    const tell = () => {
      const n = [...area.value.replace(/\s/gu, "")].length;
      count.textContent = n;
      count.parentElement.classList.toggle("over", n > Number(area.dataset.limit));
    };
    area.addEventListener("input", tell);
    tell();
  };
  const addRow = (form) => {
    const rows = all("tbody tr", form);
    const last = rows.at(-1);
    const row = last.cloneNode(true);
    const number = rows.length;
    for (const cell of all("textarea", row)) {
      cell.value = "";
      cell.name = cell.name.replace(/^cell\.\d+\./, `cell.${number}.`);
      cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+/, String(number + 1)));
    }
    last.after(row);
    row.querySelector("textarea").focus();
  };

  // What is focused after the panel is replaced: the next open point, or the same place.
  let next = null;
  const remember = (id, goOn) => {
    const list = stops();
    const at = list.findIndex((el) => el.id === id);
    const after = [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))];
    next = { same: id, ids: goOn && at >= 0 ? after.map((el) => el.dataset.target) : [] };
  };
  const itemOf = (target) => all("[data-item]", panel()).find((el) => el.dataset.target === target);

  document.addEventListener("htmx:beforeRequest", (e) => {
    const form = e.target;
    if (!(form instanceof HTMLFormElement) || !root.contains(form)) return;
    if (next) return;
    const event = e.detail.requestConfig.triggeringEvent;
    const button = event && event.submitter;
    const item = button && button.closest("[data-item]");
    remember(item ? item.id : null, Boolean(button && button.matches("[data-confirm], [data-yes], [data-no]")));
  });
  // htmx does not see buttons that stand outside their form.
  document.addEventListener("htmx:configRequest", (e) => {
    const button = e.detail.triggeringEvent && e.detail.triggeringEvent.submitter;
    if (button && button.name && !e.target.contains(button)) e.detail.parameters[button.name] = button.value;
  });
  document.addEventListener("htmx:afterSettle", (e) => {
    const now = panel();
    if (!next || !now || !(e.target === now || e.target === side || now.contains(e.target) || e.target.contains(now))) return;
    if (e.target.closest("[data-form]")) return; // a form was opened, nothing was sent
    const wanted = next;
    next = null;
    flag();
    if (now.dataset.said) {
      document.dispatchEvent(new CustomEvent("desk:say", { detail: { text: now.dataset.said, kind: now.dataset.saidKind } }));
    }
    const form = now.querySelector("[data-editor]");
    if (form) {
      opened(form.closest("[data-item]"));
      return;
    }
    const conflict = now.querySelector("[data-conflict]");
    const open = all("[data-stop]", now);
    const onwards = conflict ? [] : wanted.ids;
    const item = onwards.map(itemOf).find((el) => el && open.includes(el)) || (onwards.length && open[0]) ||
      (wanted.same && document.getElementById(wanted.same));
    state.chosen = null;
    if (item) focusOn(item);
    else side.focus();
    if (conflict) conflict.scrollIntoView({ block: "center" });
    draw();
  });

  // Clicks.
  root.addEventListener("click", (e) => {
    const tool = e.target.closest("[data-do]");
    if (tool) {
      run[tool.dataset.do]();
      return;
    }
    const cancel = e.target.closest("[data-cancel]");
    if (cancel) {
      close(cancel.closest("form"));
      return;
    }
    const more = e.target.closest("[data-add-row]");
    if (more) {
      addRow(more.closest("form"));
      return;
    }
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    const change = e.target.closest("[data-edit]");
    if (change) {
      e.preventDefault();
      edit(change.closest("[data-item]"));
      return;
    }
    const go = e.target.closest("[data-go], [data-focus]");
    if (!go) return;
    e.preventDefault();
    const item = go.closest("[data-item]");
    if (item) choose(item);
    else show(Number(go.dataset.page));
  });
  side.addEventListener("focusin", (e) => {
    const item = e.target.closest("[data-item]");
    if (item && item.id !== state.chosen) choose(item);
  });

  // The picture: a click finds what stands there, dragging moves it.
  let drag = null;
  view.addEventListener("pointerdown", (e) => {
    if (e.button !== 0 || e.pointerType === "touch") return; // fingers scroll by themselves
    drag = { x: e.clientX, y: e.clientY, left: view.scrollLeft, top: view.scrollTop, moved: false };
  });
  view.addEventListener("pointermove", (e) => {
    if (!drag) return;
    const dx = e.clientX - drag.x;
    const dy = e.clientY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) > 4) {
      drag.moved = true;
      view.setPointerCapture(e.pointerId);
      view.classList.add("moving");
    }
    if (drag.moved) view.scrollTo(drag.left - dx, drag.top - dy);
  });
  const drop = () => {
    view.classList.remove("moving");
    setTimeout(() => { drag = null; });
  };
  view.addEventListener("pointerup", drop);
  view.addEventListener("pointercancel", drop);
  view.addEventListener("dragstart", (e) => e.preventDefault());
  view.addEventListener("click", (e) => {
    if (drag && drag.moved) return;
    const box = e.target.closest("[data-of]");
    if (box) focusOn(document.getElementById(box.dataset.of));
  });
  view.addEventListener("wheel", (e) => {
    if (!e.ctrlKey) return;
    e.preventDefault();
    zoom(e.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });

  const zoom = (by) => {
    const x = (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth;
    const y = (view.scrollTop + view.clientHeight / 2) / view.scrollHeight;
    state.zoom = Math.min(6, Math.max(0.25, state.zoom * by));
    layOut();
    view.scrollLeft = x * view.scrollWidth - view.clientWidth / 2;
    view.scrollTop = y * view.scrollHeight - view.clientHeight / 2;
  };

  const run = {
    back: () => step(-1),
    forward: () => step(1),
    in: () => zoom(1.25),
    out: () => zoom(1 / 1.25),
    fit: () => { state.zoom = 1; layOut(); reveal(); },
    turn: () => { state.turn = (state.turn + 90) % 360; layOut(); reveal(); },
    keys: () => keys.showModal(),
  };

  const press = (selector) => {
    const button = current() && current().querySelector(selector);
    if (button) button.click();
  };
  const byKey = {
    j: () => move(1),
    k: () => move(-1),
    n: run.forward,
    p: run.back,
    "+": run.in,
    "=": run.in,
    "-": run.out,
    0: run.fit,
    r: run.turn,
    c: () => press("[data-confirm]"),
    y: () => press("[data-yes]"),
    x: () => press("[data-no]"),
    "?": run.keys,
    "？": run.keys,
  };
  const typing = (el) => el.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(el.tagName);

  // Before the keys of every page, which are in desk.js.
  document.addEventListener("keydown", (e) => {
    if (e.isComposing || keys.open) return;
    const form = e.target.closest && e.target.closest("[data-editor]");
    if (form && e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      remember(form.closest("[data-item]").id, true);
      form.requestSubmit(form.querySelector("[data-save]"));
      return;
    }
    if (form && e.key === "Escape") {
      e.preventDefault();
      e.stopPropagation();
      close(form);
      return;
    }
    if (e.ctrlKey || e.altKey || e.metaKey || typing(e.target)) return;
    if (e.key === "Enter") {
      const item = e.target.closest && e.target.closest("[data-item]");
      const onName = item && e.target.matches("[data-focus]");
      if ((onName || e.target === document.body || e.target === side) && edit(onName ? item : current())) e.preventDefault();
      return;
    }
    const act = byKey[e.key];
    if (!act || e.target.closest("#toasts, .top")) return;
    e.preventDefault();
    act();
  }, true);

  new ResizeObserver(() => layOut()).observe(view);
  pictureIn();
  layOut();
  draw();
  const form = root.querySelector("[data-editor]");
  if (form) opened(form.closest("[data-item]"));
  else if (location.hash) focusOn(document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("[data-item]"));
  else reveal();
})();
