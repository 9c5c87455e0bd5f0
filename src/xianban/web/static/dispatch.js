// The dispatch desk by keyboard. Everything here is a link or a form that works without it.
"use strict";
(() => {
  const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const find = () => document.getElementById("find");
  const steps = { j: "after", k: "before" };

  const act = (key) => {
    const one = document.querySelector(`[data-key="${key}"]`);
    if (!one) return false;
    if (one.type === "radio") {
      one.checked = true;
      document.getElementById("ruling-text")?.focus();
    } else if (one.getAttribute("href") === "#find") find()?.focus();
    else one.click();
    return true;
  };

  // Before the keys that every page has; while a syllable is being composed, keys belong to the composer.
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    if (event.target.id === "ruling-text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.id === "find" && event.target.form.role === "search" && (event.key === "Enter" || event.key === "ArrowDown")) {
      const first = document.querySelector("#found button");
      if (first) { event.preventDefault(); first.focus(); }
      return;
    }
    if (typing(event.target)) return;
    const open = document.getElementById("open-case");
    let done = false;
    if (event.key === "4" || event.key === "/") {
      done = Boolean(find());
      find()?.focus();
    } else if (event.key in steps) {
      const to = open?.dataset[steps[event.key]];
      if (to) location.assign(to);
      done = Boolean(open);
    } else if (/^[123uc]$/.test(event.key)) done = act(event.key);
    if (done) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  // On a phone the open case comes first, and the queue is folded.
  const list = document.querySelector(".desk-list");
  if (list && matchMedia("(max-width: 991px)").matches) list.open = false;
  document.querySelector(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
})();
