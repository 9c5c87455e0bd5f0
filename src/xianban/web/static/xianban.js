// Small conveniences; every page works without this file.
"use strict";

// A form is sent once: the second click of a double click does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) button.setAttribute("aria-busy", "true");
});
// Back on the page, it can be sent again, and no button goes on saying that it works.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

// What one typed before the page was ready is answered as well; so this file comes before htmx. Only
// htmx hears of it: nobody typed.
document.addEventListener("htmx:after:init", ({ target: field }) => {
  if (field.defaultValue !== undefined && field.value !== field.defaultValue) field.dispatchEvent(new Event("input"));
});

// The keys of a page, over it: F1 wherever one types, ? elsewhere; Escape puts them away.
const keyHelp = document.getElementById("keys");
document.addEventListener("click", (event) => {
  if (keyHelp && event.target.closest?.("[data-keys-help]")) keyHelp.open = !keyHelp.open;
});

// Lists and pages by keyboard: j and k move, Enter opens, / searches, ? shows the keys.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (keyHelp && event.key === "F1") {
    event.preventDefault();
    keyHelp.open = !keyHelp.open;
    return;
  }
  if (keyHelp?.open && event.key === "Escape") { keyHelp.open = false; return; }
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("[data-keys] a.whole")];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  } else if (event.key === "?") {
    if (keyHelp) keyHelp.open = !keyHelp.open;
  }
});

// Only one act is open at a time, and the words one types go to its first field.
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!opened.matches?.("details.act") || !opened.open) return;
  for (const other of document.querySelectorAll("details.act[open]")) {
    if (other !== opened && !other.contains(opened)) other.open = false;
  }
  if (opened.querySelector("[autofocus]")) return; // what was wrong stands first
  opened.querySelector("textarea, select, input:not([type=hidden])")?.focus({ preventScroll: true });
}, true);

// A link to an act, as at the foot of a phone, opens it.
const openAct = (hash) => {
  const act = hash.startsWith("#act-") && document.getElementById(hash.slice(1));
  if (act) act.open = true;
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#act-']");
  if (link) openAct(link.hash);
});
openAct(location.hash);
// What was wrong is where one looks, though the page grew since; an address with a place in it gives no focus.
addEventListener("load", () => {
  const wrong = document.querySelector("details.act[open] [autofocus]");
  wrong?.focus({ preventScroll: true });
  wrong?.scrollIntoView({ block: "center" });
});

// A report that arrived needs no draft any more.
if (document.querySelector("[data-sent-well]")) {
  try { localStorage.removeItem("xianban-draft"); } catch { /* nothing was kept */ }
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
