// Intake: files that are dropped or chosen go to the desk at once, each as a bundle, with
// a bar that shows how far. Several pictures wait until somebody says whether they are
// one bundle, and in which order. Without scripts the form does the same in one sending.
(() => {
  "use strict";
  const form = document.getElementById("intake");
  const drop = document.getElementById("drop");
  const input = document.getElementById("files");
  const staged = document.getElementById("staged");
  const order = document.getElementById("order");
  const discard = document.getElementById("discard");
  const sent = document.getElementById("sent");
  const list = document.getElementById("outcomes");
  const said = document.getElementById("intake-said");
  const words = form.dataset;
  const atOnce = 2; // sendings at the same time

  const isPicture = (file) => file.type.startsWith("image/") && file.type !== "image/tiff";

  // Pictures that wait for a decision, in their order.
  let pictures = [];

  const button = (text, label, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "small quiet";
    b.textContent = text;
    b.setAttribute("aria-label", label);
    b.addEventListener("click", act);
    return b;
  };

  const show = (focus) => {
    const any = pictures.length > 0;
    form.classList.toggle("staging", any);
    staged.hidden = !any;
    discard.hidden = !any;
    document.getElementById("chosen").textContent = words.chosen.replace("%", pictures.length);
    order.replaceChildren(...pictures.map((file, i) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "outcome-name";
      name.textContent = name.title = file.name;
      const move = (by) => {
        pictures.splice(i + by, 0, ...pictures.splice(i, 1));
        show([i + by, by < 0 ? 0 : 1]);
      };
      const up = button("↑", words.up + " " + file.name, () => move(-1));
      const down = button("↓", words.down + " " + file.name, () => move(1));
      const out = button("×", words.out + " " + file.name, () => {
        pictures.splice(i, 1);
        show([Math.min(i, pictures.length - 1), 2]);
      });
      up.disabled = i === 0;
      down.disabled = i === pictures.length - 1;
      item.append(name, up, down, out);
      return item;
    }));
    if (!focus) return;
    const buttons = order.children[focus[0]]?.querySelectorAll("button");
    if (!buttons) input.focus();
    else (buttons[focus[1]].disabled ? buttons[2] : buttons[focus[1]]).focus();
  };

  const choose = (files) => {
    const chosen = [...files];
    const photos = chosen.filter(isPicture);
    for (const file of chosen) if (!isPicture(file)) enqueue([file]);
    if (photos.length === 1 && pictures.length === 0) {
      enqueue(photos);
    } else if (photos.length) {
      pictures.push(...photos);
      show();
      document.getElementById("send").focus();
    }
  };

  // What is sent, or waits for it.
  const queue = [];
  let active = 0;

  const enqueue = (files) => {
    const item = document.createElement("li");
    item.className = "outcome";
    const name = document.createElement("span");
    name.className = "outcome-name";
    name.textContent = files.length > 1 ? words.many.replace("%", files[0].name).replace("#", files.length) : files[0].name;
    name.title = files.map((f) => f.name).join("\n");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", words.sending + " " + name.textContent);
    const what = document.createElement("span");
    what.className = "outcome-what";
    what.textContent = words.waits;
    const job = { files, item, bar, what };
    job.stop = button(words.stop, words.stop + " " + name.textContent, () => stop(job));
    item.append(name, bar, what, job.stop);
    list.prepend(item);
    sent.hidden = false;
    queue.push(job);
    pump();
  };

  const stop = (job) => {
    const at = queue.indexOf(job);
    if (at >= 0) queue.splice(at, 1);
    if (job.xhr) job.xhr.abort();
    else refused(job, words.stopped);
  };

  // Refused shows why something did not arrive, and lets somebody try again.
  const refused = (job, text) => {
    job.item.className = "outcome is-bad";
    const sign = document.createElement("span");
    sign.className = "sign";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = "✕";
    job.item.prepend(sign);
    job.what.textContent = text;
    job.bar.remove();
    job.stop.replaceWith(button(words.again, words.again, () => {
      job.item.remove();
      enqueue(job.files);
    }));
    said.textContent = text;
  };

  const pump = () => {
    while (active < atOnce && queue.length) send(queue.shift());
  };

  const send = (job) => {
    active++;
    const data = new FormData();
    data.append("together", job.files.length > 1 ? "yes" : "no");
    for (const file of job.files) data.append("files", file, file.name);
    const xhr = job.xhr = new XMLHttpRequest();
    xhr.open("POST", form.action);
    xhr.setRequestHeader("HX-Request", "true");
    xhr.setRequestHeader("HX-Current-URL", location.href);
    const percent = (p) => { job.what.textContent = `${words.sending} ${Math.floor(p * 100)}%`; };
    percent(0);
    xhr.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) return;
      job.bar.value = e.loaded / e.total;
      percent(job.bar.value);
    });
    xhr.upload.addEventListener("load", () => {
      job.bar.removeAttribute("value");
      job.what.textContent = words.checking;
    });
    xhr.addEventListener("load", () => {
      const to = xhr.getResponseHeader("HX-Redirect");
      const isPart = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
      if (to) {
        location.assign(to);
      } else if (!isPart) {
        refused(job, xhr.responseText.trim() || document.body.dataset.lost);
      } else {
        const part = document.createElement("template");
        part.innerHTML = xhr.responseText; // escaped by the desk, which made it
        said.textContent = part.content.textContent.replace(/\s+/g, " ").trim();
        // The clerk takes out the picture that was refused, and sends the others.
        const again = job.files.length > 1 && part.content.querySelector("[data-refused]");
        job.item.replaceWith(part.content);
        if (again && !pictures.length) {
          pictures = job.files;
          show();
        }
      }
    });
    xhr.addEventListener("error", () => refused(job, document.body.dataset.lost));
    xhr.addEventListener("abort", () => refused(job, words.stopped));
    xhr.addEventListener("loadend", () => {
      active--;
      job.xhr = null;
      pump();
    });
    xhr.send(data);
  };

  form.classList.add("live");
  input.addEventListener("change", () => {
    choose(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (!pictures.length) {
      input.click();
      return;
    }
    if (document.getElementById("together-yes").checked) enqueue(pictures);
    else for (const file of pictures) enqueue([file]);
    pictures = [];
    show();
  });
  discard.addEventListener("click", () => {
    pictures = [];
    show();
    input.focus();
  });

  // A file dropped beside the box is meant for it, too; the browser would open it.
  let depth = 0;
  const hasFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth++;
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (e) => {
    if (hasFiles(e) && --depth <= 0) drop.classList.remove("over");
  });
  document.addEventListener("dragover", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    e.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    choose(e.dataTransfer.files);
  });

  document.getElementById("put-away").addEventListener("click", (e) => {
    e.preventDefault();
    for (const item of list.querySelectorAll("[data-outcome], .is-bad")) item.remove();
    sent.hidden = !list.children.length;
    input.focus();
  });
  window.addEventListener("beforeunload", (e) => {
    if (active || queue.length) e.preventDefault();
  });
})();
