// The board and a bundle's page: they follow what happens by htmx's events; here is what
// people are told when the connection is lost or something was refused.
(() => {
  "use strict";

  // A short break is no news: the browser connects again by itself.
  const lost = document.getElementById("lost");
  let timer = 0;
  document.addEventListener("htmx:sseError", () => {
    if (!timer) timer = setTimeout(() => { lost.hidden = false; }, 3000);
  });
  document.addEventListener("htmx:sseOpen", () => {
    clearTimeout(timer);
    timer = 0;
    lost.hidden = true;
  });

  // What a bundle's page shows already is not swapped: pictures would flicker.
  const follows = document.getElementById("follows");
  document.addEventListener("htmx:sseBeforeMessage", (e) => {
    if (e.target !== follows) return;
    const version = /data-version="([0-9a-f]+)"/.exec(e.detail.data);
    if (version && version[1] === document.getElementById("bundle")?.dataset.version) e.preventDefault();
  });

  document.addEventListener("htmx:load", (e) => {
    const { said, bad } = e.detail.elt.dataset || {};
    if (said) document.dispatchEvent(new CustomEvent("desk:say", { detail: { text: said, kind: bad === undefined ? "good" : "bad" } }));
  });
})();
