// The agent's desk: keys, a look at what was typed, the time, and a draft that outlives the page.
"use strict";
(() => {
  const form = document.getElementById("call-form");
  if (!form) return;
  const at = (name) => form.elements.namedItem(name);
  const panel = document.getElementById("panel");
  const note = document.getElementById("draft-note");
  const DRAFT = "xianban-call";
  const KEPT = ["key", "phone", "name", "text", "place", "matter", "unit", "kind", "channel", "answer", "source", "join", "area", "lat", "lon", "seconds", "keys"];

  // ---- the time since the first key, and what it took ----
  const clock = document.getElementById("call-time");
  const share = document.getElementById("call-share");
  let began = 0, keys = 0;
  const seconds = () => began ? Math.round((Date.now() - began) / 1000) : 0;
  const begin = (before = 0) => { if (!began) began = Date.now() - before * 1000; };
  setInterval(() => {
    const n = seconds();
    clock.textContent = `${Math.floor(n / 60)}:${String(n % 60).padStart(2, "0")}`;
    share.value = Math.min(n, share.max);
  }, 500);

  // ---- a draft for this tab alone, until it is saved ----
  const keep = () => {
    const draft = Object.fromEntries(KEPT.map((name) => [name, at(name).value]));
    draft.seconds = seconds(); draft.keys = keys;
    draft.held = [...form.querySelectorAll("[name=held]:checked")].map((box) => box.value);
    try { sessionStorage.setItem(DRAFT, JSON.stringify(draft)); } catch { /* nothing is kept, nothing breaks */ }
  };
  const forget = () => { try { sessionStorage.removeItem(DRAFT); } catch { /* as above */ } };
  // What was attached is held on the server; the draft keeps what it is held by.
  const reattach = async (tokens) => {
    const attach = form.querySelector("[data-attach]"), held = attach.querySelector("[data-attach-held]");
    if (!tokens?.length || held.querySelector("[name=held]")) return;
    const said = new FormData();
    for (const token of tokens) said.append("held", token);
    try {
      const answer = await fetch(attach.dataset.url, { method: "POST", body: said, redirect: "error" });
      if ([200, 400].includes(answer.status) && !held.querySelector("[name=held]")) held.innerHTML = await answer.text();
    } catch { note.textContent = note.dataset.offline; }
  };
  const restore = () => {
    if (document.querySelector("[data-saved]")) { forget(); return; }
    let draft;
    try { draft = JSON.parse(sessionStorage.getItem(DRAFT) || "null"); } catch { return; }
    if (!draft || !(draft.text || draft.phone || draft.held?.length)) return;
    keys = +draft.keys || 0;
    begin(+draft.seconds || 0);
    if (at("text").value || at("phone").value) return; // what was refused stands here already
    for (const name of KEPT) if (name in draft) at(name).value = draft[name];
    if (at("answer").value) box.hidden = false;
    note.textContent = note.dataset.back;
    reattach(draft.held);
    look();
  };

  // ---- what the machine makes of it ----
  let waiting = 0, asked = null;
  const look = (delay = 0) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      panel.setAttribute("aria-busy", "true");
      const said = new FormData(form);
      said.delete("files"); // what could not be sent before waits for saving
      try {
        const answer = await fetch(form.dataset.look, { method: "POST", body: said, signal: asked.signal, redirect: "error" });
        if (answer.ok) show(await answer.text());
      } catch { /* the next key asks again; what is typed stands in the form */ }
      panel.setAttribute("aria-busy", "false");
    }, delay);
  };
  const show = (html) => {
    panel.innerHTML = html;
    document.getElementById("place-names").replaceChildren(...document.getElementById("new-places").children);
    const point = panel.querySelector("[data-point]")?.dataset.point.split(",");
    if (point && !at("lat").value) document.getElementById("map")?.show?.(+point[0], +point[1]);
  };

  // ---- choices: of the panel, and what saving will do ----
  const box = document.getElementById("answer-box");
  const word = document.getElementById("save-word");
  const settle = () => {
    const answering = at("kind").value === "consult" && at("answer").value.trim();
    word.textContent = word.dataset[at("join").value ? "joined" : answering ? "answered" : "plain"];
  };
  const setKind = (kind) => { for (const radio of form.querySelectorAll("[name=kind]")) radio.checked = radio.value === kind; };
  const openAnswer = (text) => {
    box.hidden = false;
    setKind("consult");
    if (text !== undefined) at("answer").value = text;
  };
  const choose = (button) => {
    const { set, value, answer } = button.dataset;
    const off = at(set).value === value;
    at(set).value = off ? "" : value;
    if (set === "source") {
      if (off) { at("answer").value = ""; box.hidden = true; setKind(""); }
      else { openAnswer(answer); at("join").value = ""; }
    }
    if (set === "join" && !off) { at("source").value = at("answer").value = ""; box.hidden = true; if (at("kind").value === "consult") setKind(""); }
    begin(); settle(); keep(); look();
  };
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set]");
    if (button) choose(button);
  });

  const earlier = async () => {
    if (!at("phone").value.trim()) { at("phone").focus(); return; }
    const said = new FormData();
    said.set("phone", at("phone").value);
    said.set("csrfmiddlewaretoken", at("csrfmiddlewaretoken").value);
    try {
      const answer = await fetch(form.dataset.earlier, { method: "POST", body: said, redirect: "error" });
      if (answer.ok) document.getElementById("earlier").innerHTML = await answer.text();
    } catch { note.textContent = note.dataset.offline; }
  };
  document.getElementById("look-earlier").addEventListener("click", earlier);

  const save = () => {
    if (!navigator.onLine) { note.textContent = note.dataset.offline; keep(); return; }
    form.requestSubmit();
  };
  form.addEventListener("submit", () => {
    at("seconds").value = seconds();
    at("keys").value = keys;
    at("fields_used").value = ["phone", "name", "text", "place", "matter", "unit", "answer"].filter((name) => at(name).value.trim()).length;
    keep();
  });

  // ---- keys; while a Chinese character is being composed, none of them is ours ----
  const AFTER = { id_phone: "id_text", id_name: "id_text", id_place: "save", id_matter: "save", id_unit: "save" };
  const PLAIN = { F2: () => at("text").focus(), F4: () => at("place").focus(), F8: earlier, F9: save };
  const WITH_ALT = {
    KeyM: () => at("matter").focus(), KeyU: () => at("unit").focus(),
    KeyA: () => { openAnswer(); at("answer").focus(); settle(); },
    KeyP: () => document.getElementById("call-files").click(),
    KeyZ: () => document.getElementById("undo")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const typing = form.contains(event.target);
    if (typing && !["Shift", "Control", "Alt", "Meta"].includes(event.key)) keys += 1;
    let act = null;
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const digit = /^Digit([1-9])$/.exec(event.code);
      const button = digit && panel.querySelector(`[data-key="${digit[1]}"]`);
      act = button ? () => choose(button) : digit ? () => {} : WITH_ALT[event.code];
    } else if (event.ctrlKey && event.key === "Enter") act = save;
    else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      act = PLAIN[event.key];
      if (!act && event.key === "Enter" && event.target.matches("#call-form input:not([type=radio], [type=checkbox], [type=file])")) act = () => document.getElementById(AFTER[event.target.id] || "save").focus();
    }
    if (!act) return;
    event.preventDefault();
    if (!event.repeat) act();
  });
  form.addEventListener("input", (event) => {
    begin();
    if (event.target.name === "answer" || event.target.name === "kind") settle();
    if (event.target.name === "place") at("area").value = "";
    keep();
    if (["text", "place", "matter", "kind"].includes(event.target.name)) look(300);
  });
  form.addEventListener("compositionend", () => look(150));
  at("lat").addEventListener("change", () => { keep(); look(); });
  addEventListener("online", () => { note.textContent = ""; look(); });
  addEventListener("offline", () => { note.textContent = note.dataset.offline; });
  restore();
  settle();
  if (at("text").value) look();
})();
