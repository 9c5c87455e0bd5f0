// The city's own polygons as a map. Leaflet is fetched only when a map is on view.
"use strict";
(() => {
  const script = document.currentScript;

  const leaflet = () => window.L ? Promise.resolve() : new Promise((done, failed) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = script.dataset.leafletCss;
    const code = document.createElement("script");
    code.src = script.dataset.leafletJs;
    code.onload = done;
    code.onerror = failed;
    document.head.append(sheet, code);
  });

  const look = (feature) => {
    const { level, kind, weight } = feature.properties;
    if (level) return { className: `area-line ${level}` };
    return { className: `layer layer-${kind}`, weight: weight || 1 };
  };

  const drawn = new Map();
  const draw = (box) => {
    if (!drawn.has(box)) drawn.set(box, drawOnce(box));
    return drawn.get(box);
  };

  async function drawOnce(box) {
    await leaflet();
    const map = L.map(box, { attributionControl: false, zoomSnap: 0.25, scrollWheelZoom: false });
    const shapes = await (await fetch(box.dataset.areas)).json();
    const ground = L.geoJSON(shapes, {
      interactive: false,
      style: look,
    }).addTo(map);
    const bounds = ground.getBounds();
    if (bounds.isValid()) map.fitBounds(bounds); else map.setView([30, 110], 4);
    if (bounds.isValid()) map.setMaxBounds(bounds.pad(0.5));
    let mark = null;
    const place = (lat, lon, near) => {
      if (mark) mark.setLatLng([lat, lon]);
      else mark = L.circleMarker([lat, lon], { radius: 9, className: "here" }).addTo(map);
      if (near) map.setView([lat, lon], Math.max(map.getZoom(), 14));
    };
    const points = [...document.querySelectorAll(`[data-on-map="${box.id}"]`)];
    for (const point of points) {
      const { radius, look, mark: shown, to } = point.dataset;
      const dot = L.circleMarker([+point.dataset.lat, +point.dataset.lon], { radius: +radius || 6, className: look || "near-point" }).addTo(map).bindTooltip(point.textContent.trim().slice(0, 60));
      if (shown) L.tooltip({ permanent: true, direction: "center", className: "ring-mark", interactive: false }).setLatLng(dot.getLatLng()).setContent(shown).addTo(map);
      if (!to) continue;
      const path = dot.getElement();
      if (path) path.dataset.to = to;
      dot.on("click", () => document.getElementById(to)?.querySelector("a")?.focus());
    }
    const marked = box.dataset.shapes && JSON.parse(document.getElementById(box.dataset.shapes).textContent);
    if (marked?.length) {
      const area = L.geoJSON({ type: "FeatureCollection", features: marked.map((geometry) => ({ type: "Feature", properties: {}, geometry })) }, { interactive: false, style: { className: "warned-area" } }).addTo(map);
      area.bringToBack();
      ground.bringToBack();
      map.fitBounds(area.getBounds().pad(0.6));
    }
    if (box.dataset.lat) place(+box.dataset.lat, +box.dataset.lon, true);
    box.show = (lat, lon) => place(lat, lon, true);
    if (box.dataset.pick !== undefined) pick(box, map, place);
  }

  const keep = (where) => {
    const lat = document.getElementById("id_lat");
    const said = document.getElementById("picked");
    lat.value = where.lat.toFixed(6);
    document.getElementById("id_lon").value = where.lng.toFixed(6);
    said.textContent = said.dataset.done;
    document.dispatchEvent(new Event("xianban:picked"));
    lat.dispatchEvent(new Event("change", { bubbles: true }));
  };

  function pick(box, map, place) {
    const lat = document.getElementById("id_lat");
    const lon = document.getElementById("id_lon");
    const choose = (where, near) => {
      place(where.lat, where.lng, near);
      keep(where);
    };
    if (lat.value && lon.value) place(+lat.value, +lon.value, true);
    map.on("click", (event) => choose(event.latlng, false));
    box.choose = choose;
  }

  for (const holder of document.querySelectorAll("[data-map]")) {
    const fold = holder.closest("details");
    if (fold && fold.dataset.openWide !== undefined && matchMedia("(min-width: 992px)").matches) fold.open = true;
    if (!fold || fold.open) draw(holder);
    if (fold) fold.addEventListener("toggle", () => { if (fold.open) draw(holder); });
  }

  const locate = document.querySelector("[data-locate]");
  if (locate && navigator.geolocation) {
    locate.hidden = false;
    locate.addEventListener("click", () => {
      const said = document.getElementById("picked");
      said.textContent = said.dataset.wait;
      navigator.geolocation.getCurrentPosition(async (position) => {
        const where = { lat: position.coords.latitude, lng: position.coords.longitude };
        const box = document.querySelector("[data-pick]");
        if (!box) { keep(where); return; } // a city without polygons has no map
        const fold = box.closest("details");
        if (fold) fold.open = true;
        await draw(box);
        box.choose(where, true);
      }, () => { said.textContent = said.dataset.failed; }, { enableHighAccuracy: true, timeout: 8000 });
    });
  }
})();
