// Ticks in a list: Shift with a click takes all between, x ticks where one stands, e goes to the acts.
"use strict";
{
  const ticks = [...document.querySelectorAll("input[form=batch][type=checkbox]")];
  const told = document.querySelector("[data-ticked]");
  let last = null;
  const tell = () => { const n = ticks.filter((tick) => tick.checked).length; if (told) told.textContent = n || ""; };
  for (const tick of ticks) {
    tick.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
        for (const one of ticks.slice(from, to + 1)) one.checked = tick.checked;
      }
      last = tick;
      tell();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key === "x") {
      const tick = document.activeElement.closest("[data-keys] li")?.querySelector("input[form=batch]");
      if (tick) { tick.checked = !tick.checked; last = tick; tell(); }
    } else if (event.key === "e") {
      const verb = document.getElementById("batch-verb");
      if (verb) { event.preventDefault(); verb.focus(); }
    }
  });
  addEventListener("pageshow", tell);
}
