// What every page of the desk does in the browser: the menu, notices and keys. Pages work
// without it.
(() => {
  "use strict";

  // A menu closes when somebody clicks or goes elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  };
  document.addEventListener("click", (e) => closeMenus(e.target));
  document.addEventListener("focusin", (e) => closeMenus(e.target));

  // Notices: good ones go by themselves, bad ones stay until they are closed.
  const toasts = document.getElementById("toasts");
  const dress = (toast) => {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet";
    close.textContent = "×";
    close.setAttribute("aria-label", document.body.dataset.close);
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    if (toast.classList.contains("good")) setTimeout(() => toast.remove(), 8000);
  };
  const say = (text, kind) => {
    const toast = document.createElement("div");
    toast.className = "toast " + kind;
    const sign = document.createElement("span");
    sign.className = "sign";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = kind === "good" ? "✓" : "✕";
    toast.append(sign, " " + text);
    dress(toast);
    toasts.replaceChildren(toast);
  };
  for (const toast of toasts.children) dress(toast);

  document.addEventListener("htmx:responseError", (e) => {
    const { xhr } = e.detail;
    const isText = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    say(isText && xhr.responseText.trim() || document.body.dataset.lost, "bad");
  });
  document.addEventListener("htmx:sendError", () => say(document.body.dataset.lost, "bad"));
  document.addEventListener("htmx:timeout", () => say(document.body.dataset.lost, "bad"));
  // Other scripts and HX-Trigger headers can say something, too:
  // {"desk:say": {"text": "…", "kind": "good"}}.
  document.addEventListener("desk:say", (e) => say(e.detail.text, e.detail.kind || "good"));

  // A key goes to the element that names it in aria-keyshortcuts, unless somebody types.
  const typing = (el) => el.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(el.tagName);
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      } else {
        toasts.replaceChildren();
      }
      return;
    }
    if (e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey || e.isComposing || typing(e.target)) return;
    if (e.key.length !== 1 || /[\s"\\]/.test(e.key)) return;
    const el = document.querySelector(`[aria-keyshortcuts~="${e.key}"]`);
    if (!el) return;
    e.preventDefault();
    if (typing(el)) {
      el.focus();
      el.select?.();
    } else {
      el.click();
    }
  });
})();
