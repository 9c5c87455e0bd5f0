// The city's streets, each in the class that the page gave it, with its number; a click filters.
"use strict";
(() => {
  const script = document.currentScript;
  const boxes = [...document.querySelectorAll("[data-choropleth]")];
  if (!boxes.length) return;

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

  const SVG = "http://www.w3.org/2000/svg";
  const hatch = (svg, id) => {
    const defs = document.createElementNS(SVG, "defs");
    const pattern = document.createElementNS(SVG, "pattern");
    for (const [name, value] of Object.entries({ id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })) pattern.setAttribute(name, value);
    const line = document.createElementNS(SVG, "line");
    for (const [name, value] of Object.entries({ x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch-line" })) line.setAttribute(name, value);
    pattern.append(line);
    defs.append(pattern);
    svg.prepend(defs);
  };

  async function draw(box) {
    await leaflet();
    const data = JSON.parse(document.getElementById(box.dataset.choropleth).textContent);
    const shapes = await (await fetch(box.dataset.areas)).json();
    const wall = box.dataset.still !== undefined;
    const map = L.map(box, { attributionControl: false, zoomControl: !wall, zoomSnap: 0, scrollWheelZoom: false, dragging: !wall, keyboard: !wall });
    const known = (feature) => feature.properties.level === "street" && data[feature.properties.code];
    const streets = shapes.features.filter((feature) => feature.properties.level === "street");
    const mine = streets.filter(known);
    L.geoJSON({ type: "FeatureCollection", features: shapes.features.filter((f) => !mine.includes(f)) }, {
      interactive: false,
      style: ({ properties: { level, kind, weight } }) => level ? { className: `area-line ${level}`, fill: false } : { className: `layer layer-${kind}`, weight: weight || 1 },
    }).addTo(map);
    const id = `${box.id}-hatch`;
    const layer = L.geoJSON({ type: "FeatureCollection", features: mine }, {
      style: (feature) => {
        const { look } = data[feature.properties.code];
        return { className: `street-fill ${look}`, weight: 1, ...(look === "thin" ? { fillColor: `url(#${id})`, fillOpacity: 1 } : {}) };
      },
      onEachFeature: (feature, one) => {
        const row = data[feature.properties.code];
        one.bindTooltip(row.title || row.name, { sticky: true });
        if (row.url) one.on("click", () => { location.href = row.url; });
      },
    }).addTo(map);
    const bounds = (mine.length ? layer : L.geoJSON(shapes)).getBounds();
    if (bounds.isValid()) map.fitBounds(bounds, { padding: [4, 4] }); else map.setView([30, 110], 4);
    const svg = box.querySelector("svg");
    if (svg) hatch(svg, id);
    layer.eachLayer((one) => {
      const row = data[one.feature.properties.code];
      const shown = row.mark ?? (row.late || "");
      if (shown === "") return;
      const label = document.createElement("span");
      label.textContent = shown;
      L.marker(one.getCenter ? one.getCenter() : one.getBounds().getCenter(), { interactive: false, keyboard: false, icon: L.divIcon({ className: "street-mark num", html: label, iconSize: null }) }).addTo(map);
    });
    box.dataset.drawn = "1";
  }
  for (const box of boxes) draw(box);
})();
