// Draws every [data-chart] with the one theme. ECharts is fetched only when a chart is on view.
"use strict";
(() => {
  const script = document.currentScript;
  const boxes = [...document.querySelectorAll("[data-chart]")];
  if (!boxes.length) return;

  const library = () => window.echarts ? Promise.resolve() : new Promise((done, failed) => {
    const code = document.createElement("script");
    code.src = script.dataset.echarts;
    code.onload = done;
    code.onerror = failed;
    document.head.append(code);
  });

  // the colours of the page, light or dark: a probe turns a token into what it means here
  const colour = (name, on) => {
    on.style.color = `var(--${name})`;
    return getComputedStyle(on).color;
  };
  const NAMES = { blue: "blue", jade: "jade-mark", amber: "amber-mark", vermilion: "vermilion-mark", violet: "violet", grey: "line-strong" };

  const said = (percent) => (value) => value == null ? "—" : percent ? `${(100 * value).toFixed(1)}%` : value.toLocaleString();

  function option(given, probe) {
    const of = (name) => colour(NAMES[name] || "blue", probe);
    const ink = colour("ink", probe), soft = colour("ink-soft", probe), line = colour("line", probe), paper = colour("paper", probe);
    const number = said(given.percent);
    const size = parseFloat(getComputedStyle(probe).fontSize) > 17 ? parseFloat(getComputedStyle(probe).fontSize) : 12; // a wall is read from afar
    const names = { type: "category", data: given.labels, inverse: given.lying, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: soft, fontSize: size, hideOverlap: !given.lying, interval: given.lying ? 0 : "auto" } };
    const amounts = { type: "value", min: (extent) => Math.min(0, extent.min), splitLine: { lineStyle: { color: line } }, axisLabel: { color: soft, fontSize: size, formatter: number, hideOverlap: true } };
    const series = [], height = Math.max(1, probe.clientHeight - 48);
    // names at the ends of lines keep a line's height between them
    const ends = given.series.map((one, nth) => ({ nth, value: one.values.at(-1) })).filter(({ value }) => value != null).sort((a, b) => b.value - a.value);
    const all = given.series.flatMap((one) => [...one.values, ...(one.high || [])]).filter((value) => value != null);
    const spread = Math.max(...all, 0) - Math.min(...all, 0) || 1;
    const shift = [];
    ends.reduce((above, { nth, value }) => {
      const at = Math.max(-value / spread * height, above + 1.2 * size);
      shift[nth] = at + value / spread * height;
      return at;
    }, -Infinity);
    given.series.forEach((one, nth) => {
      const tone = of(one.colour);
      const drawnAs = one.look === "bars" ? "bar" : "line";
      if (one.low) {
        series.push({ type: "line", name: `${one.name} ≥`, data: one.low, stack: `band${nth}`, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } });
        series.push({ type: "line", name: `${one.name} ≤`, data: one.high.map((high, at) => high == null || one.low[at] == null ? null : high - one.low[at]), stack: `band${nth}`, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: tone, opacity: 0.18 }, silent: true, tooltip: { show: false } });
      }
      series.push({
        type: drawnAs, name: one.name, data: one.values, symbol: one.values.length > 40 ? "none" : "circle", symbolSize: 5, barMaxWidth: 28,
        itemStyle: { color: tone, borderRadius: 2 }, lineStyle: { color: tone, width: 2, type: one.look === "expected" ? "dashed" : "solid" },
        endLabel: drawnAs === "line" && given.series.length > 1 ? { show: true, fontSize: size, formatter: "{a}", color: tone, distance: 6, offset: [0, shift[nth] || 0] } : undefined,
        label: given.lying ? { show: true, position: "right", color: ink, formatter: ({ value }) => number(value) } : undefined,
        markLine: nth === 0 && given.today ? { symbol: "none", silent: true, lineStyle: { color: soft, type: "solid" }, label: { formatter: given.today, color: soft, fontSize: size }, data: [given.lying ? { yAxis: given.today } : { xAxis: given.today }] } : undefined,
      });
    });
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink, fontSize: size },
      grid: { left: 8, right: given.series.length > 1 ? 4.5 * size : given.lying ? 56 : 16, top: 16, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: paper, borderColor: line, textStyle: { color: ink }, valueFormatter: number, confine: true },
      [given.lying ? "yAxis" : "xAxis"]: names,
      [given.lying ? "xAxis" : "yAxis"]: amounts,
      series,
    };
  }

  const drawn = new Map();
  const draw = async (box) => {
    await library();
    const probe = document.createElement("span");
    box.parentNode.append(probe);
    const given = JSON.parse(box.dataset.chart);
    if (given.lying) box.style.height = `${Math.max(120, 32 * given.labels.length + 32)}px`;
    const chart = drawn.get(box) || window.echarts.init(box);
    drawn.set(box, chart);
    chart.resize();
    chart.setOption(option(given, probe), true);
    probe.remove();
    box.dataset.drawn = "1";
  };

  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) { seen.unobserve(target); draw(target); }
  }, { rootMargin: "200px" });
  for (const box of boxes) seen.observe(box);
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawn.forEach((chart) => chart.resize()), 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((_, box) => draw(box)));
  addEventListener("beforeprint", () => document.querySelectorAll("details.as-table").forEach((fold) => { fold.open = true; }));
})();
