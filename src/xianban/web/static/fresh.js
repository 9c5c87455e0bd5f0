// A page of what is now is loaded again every so often, until somebody stops it. Where the server does
// not answer the page stays, and says so.
"use strict";
for (const fresh of document.querySelectorAll("[data-fresh]")) {
  const [stop, failed] = fresh.children;
  const stopped = () => stop.getAttribute("aria-pressed") === "true";
  stop.hidden = false;
  stop.addEventListener("click", () => stop.setAttribute("aria-pressed", !stopped()));
  setInterval(async () => {
    if (stopped()) return;
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    failed.hidden = Boolean(answer?.ok);
    if (answer?.ok && !stopped()) location.reload();
  }, fresh.dataset.fresh * 1000);
}
