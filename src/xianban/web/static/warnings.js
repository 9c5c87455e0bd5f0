// Warnings by keyboard: o orders, c confirms, w watches, d dismisses. All are links and forms that work without it.
"use strict";
(() => {
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  const list = document.querySelector("[data-triage]");
  const one = document.querySelector("[data-warning]");

  const act = (scope, key) => {
    const found = scope?.querySelector(`[data-act="${key}"]`);
    if (!found) return false;
    const fold = found.closest("details");
    if (fold) {
      fold.open = true;
      fold.scrollIntoView({ block: "nearest" });
      fold.querySelector("select, textarea, input:not([type=hidden])")?.focus();
    } else if (found.type === "submit") found.form.requestSubmit(found);
    else found.click();
    return true;
  };

  // While a syllable is being composed, keys belong to the composer.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (!"ocwd".includes(event.key) || event.key.length !== 1) return;
    const row = list && document.activeElement?.closest(".warned-row");
    if (act(one || row, event.key)) event.preventDefault();
  });
  if (!list) return;

  // The row and its ring belong together.
  const light = (row, on) => {
    row?.classList.toggle("lit", on);
    document.querySelector(`.ring[data-to="${row?.id}"]`)?.classList.toggle("lit", on);
  };
  for (const name of ["focusin", "mouseover"]) list.addEventListener(name, (event) => light(event.target.closest(".warned-row"), true));
  for (const name of ["focusout", "mouseout"]) list.addEventListener(name, (event) => light(event.target.closest(".warned-row"), false));

  // After an act the next row is at hand.
  const at = location.hash.match(/^#row-(\d+)$/);
  if (at) {
    const rows = [...list.querySelectorAll(".warned-row")];
    (rows[Number(at[1]) - 1] || rows.at(-1))?.querySelector("a.whole")?.focus();
  }
})();
