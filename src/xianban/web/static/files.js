// Photographs: shrunk and sent as soon as they are chosen, and seen large. All works without this file.
"use strict";
{
  const LONGEST = 2560, LARGE = 1.5e6, HEAD = 128 * 1024;

  // A large photograph is drawn smaller before it travels. Its beginning goes along, for the place in it.
  const shrunk = async (file) => {
    if (file.size < LARGE || !file.type.startsWith("image/") || file.type === "image/gif") return { file };
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
      if (!small || small.size >= file.size) return { file };
      return { file: new File([small], file.name, { type: "image/jpeg" }), head: file.slice(0, HEAD) };
    } catch { return { file }; } // a sort that this browser cannot draw: the server can
  };

  const send = (url, { file, head }, progress) => new Promise((done, failed) => {
    const body = new FormData();
    body.append("files", file, file.name);
    if (head) body.append("head", head, "head");
    const call = new XMLHttpRequest();
    call.open("POST", url);
    call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress.value = event.loaded / event.total; });
    call.addEventListener("load", () => [200, 400].includes(call.status) ? done(call.responseText) : failed());
    for (const name of ["error", "abort", "timeout"]) call.addEventListener(name, failed);
    call.send(body);
  });

  // What the server holds is added to what the form holds; the same photograph stands there once.
  const merge = (held, html, asksPlace) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const list = held.querySelector("ul.held"), more = fresh.content.querySelector("ul.held");
    if (list && more) list.append(...more.children);
    for (const old of held.querySelectorAll(".fault")) old.remove();
    const place = held.querySelector(".photo-place");
    for (const part of [...fresh.content.children]) {
      if (list && (part.matches("ul.held") || part.matches("p.hint"))) continue;
      if (part.matches(".photo-place") && (place || !asksPlace)) continue;
      held.append(part);
    }
  };

  for (const attach of document.querySelectorAll("[data-attach]")) {
    const input = attach.querySelector("input[type=file]"), form = input.form;
    const state = attach.querySelector("[data-attach-state]"), held = attach.querySelector("[data-attach-held]");
    let busy = 0, waiting = null;
    input.addEventListener("change", async () => {
      const files = [...input.files];
      if (!files.length) return;
      busy += 1;
      input.value = "";
      const left = new DataTransfer();
      for (const file of files) {
        const line = document.createElement("label"), bar = document.createElement("progress");
        bar.max = 1;
        line.append(`${attach.dataset.sending} ${file.name}`, bar);
        state.replaceChildren(line);
        try {
          merge(held, await send(attach.dataset.url, await shrunk(file), bar), form.elements.namedItem("lat"));
        } catch { left.items.add(file); }
      }
      state.replaceChildren();
      if (left.files.length) { input.files = left.files; state.textContent = attach.dataset.lost; }
      busy -= 1;
      form.dispatchEvent(new Event("input", { bubbles: true }));
      if (!busy && waiting) { const button = waiting; waiting = null; form.requestSubmit(button.isConnected ? button : undefined); }
    });
    // A form that is sent in the middle of this waits for it.
    form.addEventListener("submit", (event) => {
      if (!busy) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      waiting = event.submitter || form;
    }, true);
    form.addEventListener("formdata", (event) => {
      if (!input.files.length) event.formData.delete("files");
    });
    held.addEventListener("change", (event) => {
      const box = event.target.closest("[name=photo_place]"), lat = form.elements.namedItem("lat"), lon = form.elements.namedItem("lon");
      if (!box || !lat || !lon) return;
      lat.value = box.checked ? box.dataset.lat : "";
      lon.value = box.checked ? box.dataset.lon : "";
      lat.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  // A photograph large: arrows move, Escape closes.
  const viewer = (gallery) => {
    const dialog = document.createElement("dialog"), bar = document.createElement("div"), name = document.createElement("span"), picture = document.createElement("img");
    dialog.className = "viewer"; bar.className = "viewer-bar"; name.className = "viewer-name";
    const links = [...gallery.querySelectorAll("a[data-picture]")];
    let at = 0;
    const show = (n) => {
      at = (n + links.length) % links.length;
      picture.src = links[at].href;
      picture.alt = links[at].querySelector("img").alt;
      name.textContent = `${at + 1} / ${links.length} · ${links[at].title}`;
    };
    const button = (word, act) => {
      const made = document.createElement("button");
      made.type = "button"; made.textContent = word; made.addEventListener("click", act);
      return made;
    };
    bar.append(name);
    if (links.length > 1) bar.append(button(gallery.dataset.back, () => show(at - 1)), button(gallery.dataset.on, () => show(at + 1)));
    bar.append(button(gallery.dataset.close, () => dialog.close()));
    dialog.append(bar, picture);
    dialog.setAttribute("aria-label", gallery.dataset.label || "");
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") show(at - 1);
      else if (event.key === "ArrowRight") show(at + 1);
      event.stopPropagation();
    });
    dialog.addEventListener("close", () => { links[at].focus(); dialog.remove(); });
    document.body.append(dialog);
    return { open: (link) => { show(links.indexOf(link)); dialog.showModal(); } };
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-gallery] a[data-picture]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    viewer(link.closest("[data-gallery]")).open(link);
  });
}
