// Search: the link to a search can be copied. The search itself is htmx's, and works
// without scripts as a form.
(() => {
  "use strict";
  const form = document.getElementById("search");
  const say = (text, kind) => document.dispatchEvent(new CustomEvent("desk:say", { detail: { text, kind } }));

  form.addEventListener("click", async (e) => {
    const link = e.target.closest("#copy");
    if (!link) return;
    e.preventDefault();
    try {
      await navigator.clipboard.writeText(link.href);
      say(form.dataset.copied, "good");
    } catch {
      say(form.dataset.copyFailed, "bad");
    }
  });

  // What is not asked for does not stand in the address.
  document.addEventListener("htmx:configRequest", (e) => {
    if (e.detail.elt !== form) return;
    for (const name of ["q", "sort"]) {
      if (!e.detail.parameters[name]) delete e.detail.parameters[name];
    }
  });
  document.addEventListener("htmx:beforeRequest", (e) => {
    if (e.detail.elt === form) document.getElementById("results").setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    if (e.detail.elt === form) document.getElementById("results").removeAttribute("aria-busy");
  });
})();
