"use strict";
(() => {
  const given = JSON.parse(document.getElementById("given").textContent);
  const say = given.words;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const [ink, quiet, line, paper, blue, red, violet] = ["ink", "quiet", "line", "paper", "blue", "red", "violet"].map(colour);
  const font = getComputedStyle(document.body).fontFamily;
  const wide = window.innerWidth >= 2000;
  const size = wide ? 18 : 12;
  const base = {
    animation: false,
    textStyle: { fontFamily: font, color: ink, fontSize: size },
    tooltip: { trigger: "axis", backgroundColor: paper, borderColor: line, textStyle: { color: ink, fontSize: size }, confine: true },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
  };
  const axis = {
    axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
    axisLabel: { color: quiet, fontSize: size, hideOverlap: true }, splitLine: { lineStyle: { color: line } },
  };
  const number = (value) => value === null || value === undefined ? "–" : value >= 100 ? Math.round(value).toLocaleString() : (+value.toFixed(1)).toString();

  const about = (value) => number(value >= 10 ? Math.round(value) : value);

  function time() {
    const o = given.outlook;
    if (!o) return { ...base, xAxis: { ...axis, type: "category", data: given.days }, yAxis: { ...axis, type: "value", min: 0 },
      series: [{ type: "line", data: given.counts, symbol: "none", lineStyle: { color: blue, width: 1.5 } }] };
    const none = o.past_days.map(() => null), after = o.days.map(() => null);
    const width = o.high.map((high, i) => high - o.low[i]);
    return {
      ...base,
      tooltip: { ...base.tooltip, formatter: (rows) => {
        const i = rows[0].dataIndex - o.past_days.length;
        return i < 0 ? `${rows[0].axisValue}<br>${say.counted}: <b>${o.past[rows[0].dataIndex]}</b>`
          : `${rows[0].axisValue}<br>${say.forecast}: <b>${number(o.middle[i])}</b><br>${say.band}: ${number(o.low[i])}–${number(o.high[i])}`;
      } },
      xAxis: { ...axis, type: "category", boundaryGap: false, data: [...o.past_days, ...o.days] },
      yAxis: { ...axis, type: "value", min: 0 },
      series: [
        { type: "line", data: [...o.past, ...after], symbol: "none", lineStyle: { color: blue, width: 1.6 },
          markLine: { silent: true, symbol: "none", lineStyle: { color: quiet, type: "solid" }, label: { formatter: say.today, color: quiet, fontSize: size },
            data: [{ xAxis: o.past_days[o.past_days.length - 1] }] } },
        { type: "line", stack: "band", data: [...none, ...o.low], symbol: "none", lineStyle: { opacity: 0 } },
        { type: "line", stack: "band", data: [...none, ...width], symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: violet, opacity: 0.22 } },
        { type: "line", data: [...none, ...o.middle], symbol: "none", lineStyle: { color: violet, width: 2, type: "dashed" } },
      ],
    };
  }

  function span() {
    const whole = Math.floor(given.counts.length / 7), from = given.counts.length - whole * 7;
    const weeks = Array.from({ length: whole }, (_, k) => given.counts.slice(from + 7 * k, from + 7 * k + 7).reduce((a, b) => a + b, 0));
    return { ...base, grid: { ...base.grid, top: 12 },
      xAxis: { ...axis, type: "category", boundaryGap: false, data: weeks.map((_, k) => given.days[from + 7 * k]) }, yAxis: { ...axis, type: "value", min: 0 },
      series: [{ name: say.counted, type: "line", data: weeks, symbol: "none", lineStyle: { color: blue, width: 1.5 }, areaStyle: { color: blue, opacity: 0.12 } }] };
  }

  function rise(index) {
    const s = given.rises[index];
    const high = s.counts.map((n, i) => s.upper[i] !== null && n > s.upper[i]);
    return {
      ...base,
      grid: { ...base.grid, top: 12 },
      tooltip: { ...base.tooltip, formatter: (rows) => { const i = rows[0].dataIndex;
        return `${s.starts[i]}<br>${say.counted}: <b>${s.counts[i]}</b>` + (s.expected[i] === null ? "" : `<br>${say.expected}: ${number(s.expected[i])}<br>${say.upper}: ${number(s.upper[i])}`); } },
      xAxis: { ...axis, type: "category", data: s.starts },
      yAxis: { ...axis, type: "value", min: 0, minInterval: 1 },
      series: [
        { type: "bar", data: s.counts.map((n, i) => ({ value: n, itemStyle: { color: high[i] ? red : blue, opacity: high[i] ? 1 : 0.45 } })), barCategoryGap: "20%" },
        { type: "line", data: s.expected, symbol: "none", lineStyle: { color: ink, type: "dashed", width: 1.5 } },
        { type: "line", data: s.upper, symbol: "none", step: "middle", lineStyle: { color: quiet, width: 1 } },
      ],
    };
  }

  // Names of the busiest places as far as they do not cover one another; what all share is left out.
  function labels(places, radius, at) {
    const names = places.map((p) => p.name), words = names.length > 1 ? names[0].split(" ").slice(0, -1).join(" ") + " " : "";
    const shared = words.length > 1 && names.every((name) => name.startsWith(words)) ? words.length : 0;
    const taken = [], told = new Map();
    for (const p of places.slice().sort((a, b) => b.events - a.events)) {
      const text = p.name.slice(shared), [x, y] = at(p), left = x + radius(p) + 2;
      const width = [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : 0.6) * size, 4);
      const mine = [left, y - size * 0.7, left + width, y + size * 0.7];
      if (taken.some((other) => mine[0] < other[2] && other[0] < mine[2] && mine[1] < other[3] && other[1] < mine[3])) continue;
      taken.push(mine);
      told.set(p, text);
    }
    return told;
  }

  function map(box) {
    const places = given.places.filter((p) => p.x !== null), most = Math.max(1, ...places.map((p) => p.events));
    const all = [...given.points.map((p) => [p[0], p[1]]), ...places.map((p) => [p.x, p.y])];
    const span = (k) => [Math.min(...all.map((p) => p[k])), Math.max(...all.map((p) => p[k]))];
    const [x0, x1] = span(0), [y0, y1] = span(1);
    const scale = Math.max((x1 - x0) / (box.clientWidth - 40), (y1 - y0) / (box.clientHeight - 40)) || 1;
    const half = [scale * box.clientWidth / 2, scale * box.clientHeight / 2], middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    const hidden = (k) => ({ type: "value", show: false, min: middle[k] - half[k], max: middle[k] + half[k] });
    const narrow = box.clientWidth < 500;
    const radius = (p) => ((given.cells ? 16 : narrow ? 22 : 34) * Math.sqrt(p.events / most) + 3) / 2;
    const named = given.cells ? new Map() : labels(places, radius, (p) => [(p.x - x0) / scale, -p.y / scale]);
    const label = { show: true, position: "right", color: ink, fontSize: size, textBorderColor: paper, textBorderWidth: 2 };
    return {
      ...base,
      tooltip: { ...base.tooltip, trigger: "item", formatter: (one) => one.data.say || "" },
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: hidden(0), yAxis: hidden(1),
      series: [
        { type: "scatter", silent: true, data: given.points, symbolSize: wide ? 5 : 3, itemStyle: { color: quiet, opacity: 0.28 } },
        { type: "scatter",
          data: places.map((p) => ({ value: [p.x, p.y], symbolSize: 2 * radius(p), say: `${p.name}: <b>${p.events.toLocaleString()}</b>`,
            label: named.has(p) ? { ...label, formatter: named.get(p) } : { show: false } })),
          itemStyle: { color: blue + "66", borderColor: blue } },
        { type: "scatter", data: given.likely.map((p) => ({ value: [p.x, p.y], say: p.say, symbolSize: wide ? 24 : narrow ? 11 : 15 })), symbol: "diamond",
          itemStyle: { color: violet, opacity: 0.9, borderColor: paper, borderWidth: 1.5 } },
        { type: "scatter", data: given.rings.map((p) => ({ value: [p.x, p.y], say: p.say, symbolSize: wide ? 52 : narrow ? 24 : 34 })),
          itemStyle: { color: "transparent", borderColor: red, borderWidth: 3 } },
      ],
    };
  }

  function sums() {
    const rows = given.outlook.sums.slice(0, 20).reverse();
    return {
      ...base,
      tooltip: { ...base.tooltip, axisPointer: { type: "shadow" }, valueFormatter: number },
      legend: { top: 0, left: 0, textStyle: { color: ink, fontSize: size }, data: [say.forecast, say.last] },
      xAxis: { ...axis, type: "value", min: 0 }, yAxis: { ...axis, type: "category", data: rows.map((r) => r.area) },
      series: [
        { name: say.forecast, type: "bar", data: rows.map((r) => r.expected), itemStyle: { color: violet },
          label: { show: true, position: "right", color: quiet, fontSize: size, formatter: (one) => { const r = rows[one.dataIndex]; return `${about(r.expected)} (${about(r.low)}–${about(r.high)})`; } } },
        { name: say.last, type: "bar", data: rows.map((r) => r.last), itemStyle: { color: quiet, opacity: 0.5 } },
      ],
    };
  }

  const drawn = new Map();
  const draw = (box) => {
    if (drawn.has(box)) return;
    const chart = echarts.init(box, null, { renderer: "svg" });
    const kind = box.dataset.chart;
    chart.setOption(kind === "time" ? time() : kind === "span" ? span() : kind === "rise" ? rise(+box.dataset.index) : kind === "map" ? map(box) : sums());
    drawn.set(box, chart);
  };
  const boxes = [...document.querySelectorAll("[data-chart]")];
  const watch = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => draw(one.target)), { rootMargin: "400px" });
  boxes.forEach((box) => watch.observe(box));
  window.addEventListener("beforeprint", () => boxes.forEach(draw));
  let waiting;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawn.forEach((chart, box) => { chart.resize(); if (box.dataset.chart === "map") chart.setOption(map(box)); }), 150); });
})();
