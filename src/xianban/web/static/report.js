// What makes reporting easier where scripts run: places to choose, a draft that is kept, and a report
// that is sent again when the connection comes back. Every page works without this file.
"use strict";
(() => {
  const DRAFT = "xianban-draft", WAITING = "xianban-waiting", SHARED = "xianban-shared", SAID = "xianban-said";
  const KEPT_MS = 7 * 24 * 3600e3, PATIENCE_MS = 30e3, AGAIN_MS = 15e3;
  const kept = {
    get: (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); return true; } catch { return false; } },
    drop: (name) => { try { localStorage.removeItem(name); } catch { /* nothing was kept */ } },
  };
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const fresh = (it) => it && Date.now() - it.at < KEPT_MS ? it : null;

  // ---- a place from the list, into the field
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-choose]");
    if (!offer) return;
    event.preventDefault();
    const list = offer.closest("#places");
    const field = list.closest(".field").querySelector("input[type=text]");
    field.value = offer.dataset.choose;
    list.replaceChildren();
    const lat = document.getElementById("id_lat");
    if (lat && offer.dataset.lat) {
      lat.value = offer.dataset.lat;
      document.getElementById("id_lon").value = offer.dataset.lon;
      lat.dataset.by = "name";
    }
    field.focus();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if (lat && offer.dataset.lat) lat.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const form = document.querySelector("form[data-report]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const [text, place, lat, lon, key] = ["text", "place", "lat", "lon", "key"].map(field);

  // ---- where a point lies, in words
  const picked = document.getElementById("picked");
  lat.addEventListener("change", async () => {
    if (!lat.value) { picked.textContent = ""; return; }
    const asked = `${picked.dataset.under}?lat=${lat.value}&lon=${lon.value}`;
    try {
      const said = (await (await fetch(asked)).text()).trim();
      if (said) picked.textContent = said;
    } catch { /* the point is kept all the same */ }
  });
  document.addEventListener("xianban:picked", () => { delete lat.dataset.by; });
  place.addEventListener("input", () => { // another name is another place
    if (lat.dataset.by !== "name") return;
    lat.value = lon.value = "";
    delete lat.dataset.by;
    picked.textContent = "";
  });

  // ---- the draft
  const bar = document.getElementById("draft"), said = document.getElementById("draft-said");
  const shared = bar.querySelector("[data-on-shared]");
  const say = (word) => { bar.hidden = false; said.textContent = said.dataset[word]; };
  const forget = () => { kept.drop(DRAFT); kept.drop(WAITING); try { sessionStorage.removeItem(SAID); } catch { /* none */ } };
  try { shared.checked = sessionStorage.getItem(SHARED) === "1"; } catch { /* asked anew */ }
  const keep = () => {
    if (shared.checked) return;
    if (!text.value && !place.value) { kept.drop(DRAFT); return; }
    const draft = { at: Date.now(), key: key.value };
    for (const one of [text, place, lat, lon]) draft[one.name] = one.value;
    if (kept.set(DRAFT, draft)) say("kept");
  };
  const restore = (draft) => {
    for (const one of [text, place, lat, lon, key]) if (draft[one.name]) one.value = draft[one.name];
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const before = fresh(kept.get(DRAFT));
  if (!before) kept.drop(DRAFT);
  else if (!text.value && !place.value && !shared.checked) { restore(before); say("back"); }
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  if (shared.checked) say("shared");
  bar.querySelector("[data-drop-draft]").addEventListener("click", () => {
    forget();
    form.reset();
    for (const one of [text, place, lat, lon]) one.value = "";
    picked.textContent = "";
    document.getElementById("hints").replaceChildren();
    say("gone");
    text.focus();
  });
  shared.addEventListener("change", (event) => {
    event.stopPropagation();
    try { sessionStorage.setItem(SHARED, shared.checked ? "1" : ""); } catch { /* asked anew */ }
    if (shared.checked) { forget(); say("shared"); } else keep();
  });

  // ---- sending, and sending again
  const box = document.getElementById("waiting"), boxSaid = box.querySelector("[role=status]");
  const status = document.getElementById("sending");
  let busy = false, here = null; // what waits on this very page
  const warn = (words) => { box.hidden = false; boxSaid.textContent = words; };
  const post = async (entries) => {
    const body = new FormData();
    for (const [name, value] of entries) body.append(name, value);
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      return await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, signal: patience.signal });
    } finally { clearTimeout(timer); }
  };
  const arrived = async (answer) => answer.ok && (answer.headers.get("Content-Type") || "").includes("json") ? (await answer.json()).to : "";
  const idle = () => { // the form may be sent again
    busy = false;
    delete form.dataset.sent;
    status.textContent = "";
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  // Going back and sending the same words again is the same report, though the form is a new one.
  const same = (entries) => {
    const words = JSON.stringify(entries.filter(([name, value]) => name !== "key" && typeof value === "string"));
    try {
      const last = JSON.parse(sessionStorage.getItem(SAID) || "{}");
      if (last.words === words) key.value = last.key;
      else if (!shared.checked) sessionStorage.setItem(SAID, JSON.stringify({ words, key: key.value }));
    } catch { /* the server still knows a double click by the form's own key */ }
  };
  const send = async (entries, button) => {
    busy = true;
    status.textContent = form.dataset.sending;
    let answer;
    try { answer = await post(entries); } catch { answer = null; }
    if (!answer || answer.status >= 500) { lost(entries); return; }
    const to = await arrived(answer);
    here = null;
    kept.drop(WAITING);
    if (to) { kept.drop(DRAFT); location.assign(to); return; }
    if (button?.name) { // the page with what has to be put right comes the plain way
      const pressed = document.createElement("input");
      Object.assign(pressed, { type: "hidden", name: button.name, value: button.value });
      form.append(pressed);
    }
    form.submit();
  };
  const lost = (entries) => {
    here = entries;
    idle();
    const words = entries.filter(([, value]) => typeof value === "string");
    const whole = words.length === entries.length;
    const safe = !shared.checked && kept.set(WAITING, { at: Date.now(), entries: words });
    warn(safe && whole ? form.dataset.lost : form.dataset.lostHere);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    const button = event.submitter;
    same([...new FormData(form)]);
    const entries = [...new FormData(form)];
    if (button?.name) entries.push([button.name, button.value]);
    send(entries, button);
  });
  form.addEventListener("input", () => {
    if (!here) return;
    here = null;
    kept.drop(WAITING);
    warn(form.dataset.changed);
  });
  box.querySelector("[data-drop-waiting]").addEventListener("click", () => {
    here = null;
    kept.drop(WAITING);
    box.hidden = true;
    text.focus();
  });

  const again = async () => {
    if (busy) return;
    if (here) { send(here); return; }
    const waiting = kept.get(WAITING);
    if (!waiting) return;
    if (!fresh(waiting)) { kept.drop(WAITING); return; }
    warn(form.dataset.again);
    let answer;
    try { answer = await post(waiting.entries); } catch { answer = null; }
    if (!answer || answer.status >= 500) { warn(form.dataset.lost); return; }
    const to = await arrived(answer);
    kept.drop(WAITING);
    kept.drop(DRAFT);
    if (to) {
      warn(`${form.dataset.arrived} `);
      const link = Object.assign(document.createElement("a"), { href: to, textContent: form.dataset.see });
      boxSaid.append(link);
      box.querySelector("[data-drop-waiting]").hidden = true;
      const sentKey = Object.fromEntries(waiting.entries).key;
      if (key.value === sentKey) { text.value = place.value = lat.value = lon.value = ""; key.value = newKey(); }
    } else {
      restore(Object.fromEntries(waiting.entries));
      warn(form.dataset.refused);
    }
  };
  addEventListener("online", again);
  setInterval(() => { if ((here || kept.get(WAITING)) && document.visibilityState === "visible") again(); }, AGAIN_MS);
  again();
  document.querySelector(".faults[autofocus]")?.focus();
  addEventListener("pageshow", (event) => { if (event.persisted) idle(); });
})();
