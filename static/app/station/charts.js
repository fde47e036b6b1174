// The last day as charts above one another on one time axis: rain as bars, levels as lines with their limits named.

import * as echarts from "echarts";
import { colour, levelColour } from "app/level";
import { doubtful, spans, withGaps } from "app/station/series";
import { day, minute } from "app/clock";
import { LANGUAGE, t, say } from "app/words";

const HEIGHT = 190;
const HIDDEN = new Set(["battery", "status_word", "rain_total", "rain_5min", "pump_fault", "measuring_flag", "fire_alarm", "fire_part_state", "fire_system_state", "fire_device_state", "vehicle_alarm"]);

/** What is drawn, one entry a chart. Pump points are gathered: running as spans, currents as lines of one chart. */
export function charts(told) {
  const found = [];
  if (told.rain.length) found.push({ kind: "rain", title: `${t("Rain")} (mm)` });
  const visible = told.series.filter(({ quantity }) => !HIDDEN.has(quantity));
  for (const one of visible.filter(({ quantity }) => !quantity.startsWith("pump_"))) {
    found.push({ kind: "line", title: one.unit ? `${one.name} (${one.unit})` : one.name, series: [one] });
  }
  const running = visible.filter(({ quantity }) => quantity === "pump_running");
  if (running.length) found.push({ kind: "running", title: t("Pumps running"), series: running });
  const currents = visible.filter(({ quantity }) => quantity === "pump_current");
  if (currents.length) found.push({ kind: "line", title: `${t("Pump current")} (A)`, series: currents });
  return found;
}

const shades = ["--accent", "--normal", "--level-3", "--level-2", "--text-2", "--level-1"];

function lines(told, { series }, axis) {
  const limits = told.thresholds.filter(({ channel }) => channel === series[0].channel);
  return series.flatMap((one, i) => {
    const line = {
      type: "line",
      name: series.length > 1 ? say("Pump %(n)s", { n: one.facts.pump }) : one.name,
      ...axis,
      data: withGaps(one.points, told.interval_s),
      showSymbol: false,
      connectNulls: false,
      lineStyle: { width: 2, color: colour(shades[i % shades.length]) },
      itemStyle: { color: colour(shades[i % shades.length]) },
    };
    const peaks = told.resolution === "raw" ? [] : [
      { ...line, name: say("%(name)s, highest", { name: line.name }), data: withGaps(one.points.map(([at, , quality, , highest]) => [at, highest, quality]), told.interval_s), lineStyle: { width: 1, color: colour(shades[i % shades.length]), opacity: 0.6 } },
    ];
    if (i === 0 && limits.length) {
      line.markLine = {
        silent: true,
        symbol: "none",
        data: limits.map(({ value, level, label }) => ({
          yAxis: value,
          lineStyle: { color: level ? levelColour(level) : colour("--text-2"), type: "dashed" },
          label: { formatter: `${label} ${value}`, position: "insideEndTop", color: level ? levelColour(level) : colour("--text-2") },
        })),
      };
    }
    const bad = doubtful(one.points);
    if (!bad.length) return [line, ...peaks];
    return [
      line,
      ...peaks,
      { type: "scatter", name: t("Not believed"), ...axis, data: bad, symbol: "diamond", symbolSize: 8, itemStyle: { color: "transparent", borderColor: colour("--stale"), borderWidth: 2 } },
    ];
  });
}

function rain(told, _, axis) {
  const bars = [
    { type: "bar", name: { raw: t("5 minutes"), hour: t("1 hour"), day: t("1 day") }[told.resolution], ...axis, data: told.rain.map(([at, mm]) => [at, mm]), barWidth: 3, itemStyle: { color: colour("--rain") } },
  ];
  if (told.resolution !== "raw") return bars;
  return [
    ...bars,
    {
      type: "line",
      name: t("1 hour"),
      ...axis,
      data: told.rain.map(([at, , mm, complete]) => [at, complete < 0.8 ? null : mm]),
      showSymbol: false,
      lineStyle: { width: 2, color: colour("--normal") },
      itemStyle: { color: colour("--normal") },
    },
  ];
}

function running(told, { series }, axis) {
  return [
    {
      type: "custom",
      name: t("Running"),
      ...axis,
      encode: { x: [0, 1], y: 2 },
      data: series.flatMap((one, i) => spans(one.points, told.until, told.interval_s).map(([from, to]) => [from, to, i])),
      renderItem: (_params, api) => {
        const [x, y] = api.coord([api.value(0), api.value(2)]);
        const [end] = api.coord([api.value(1), api.value(2)]);
        const h = api.size([0, 1])[1] * 0.6;
        return { type: "rect", shape: { x, y: y - h / 2, width: Math.max(1, end - x), height: h }, style: { fill: colour("--normal") } };
      },
    },
  ];
}

const DRAW = { rain, line: lines, running };

/** The option of one echarts instance that holds all charts aligned. */
export function option(told) {
  const all = charts(told);
  const axisText = { color: colour("--text-2"), fontSize: 12 };
  const grids = all.map((_, i) => ({ left: 64, right: 24, top: 34 + i * HEIGHT, height: HEIGHT - 62 }));
  return {
    height: 34 + all.length * HEIGHT,
    option: {
      animation: false,
      backgroundColor: "transparent",
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("--text") },
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        backgroundColor: colour("--raised"),
        borderColor: colour("--line-strong"),
        textStyle: { color: colour("--text") },
        valueFormatter: (value) => (typeof value === "number" ? String(Number(value.toFixed(2))) : "—"),
      },
      grid: grids,
      title: all.map(({ title }, i) => ({ text: title, left: 8, top: 6 + i * HEIGHT, textStyle: { fontSize: 13, fontWeight: 600, color: colour("--text") } })),
      xAxis: all.map((_, i) => ({
        type: "time",
        gridIndex: i,
        min: told.since,
        max: told.until,
        axisLine: { lineStyle: { color: colour("--line-strong") } },
        axisLabel: { ...axisText, formatter: (at) => (told.resolution === "raw" ? minute(at) : day(at, LANGUAGE)), hideOverlap: true },
        axisPointer: { label: { formatter: ({ value }) => `${day(value, LANGUAGE)} ${minute(value)}` } },
        splitLine: { show: true, lineStyle: { color: colour("--line"), opacity: 0.6 } },
      })),
      yAxis: all.map(({ kind, series }, i) => ({
        gridIndex: i,
        type: kind === "running" ? "category" : "value",
        data: kind === "running" ? series.map(({ facts }) => say("Pump %(n)s", { n: facts.pump })) : undefined,
        scale: kind === "line",
        max: kind === "line" ? ({ max }) => Math.max(max, ...told.thresholds.filter(({ channel }) => channel === series[0].channel).map(({ value }) => value)) : undefined,
        axisLabel: { ...axisText, showMaxLabel: kind !== "line" },
        splitLine: { lineStyle: { color: colour("--line"), opacity: 0.6 } },
      })),
      series: all.flatMap((chart, i) => DRAW[chart.kind](told, chart, { xAxisIndex: i, yAxisIndex: i })),
    },
  };
}

/** Draws into ``element`` and keeps it drawn; the old instance is given back. @returns {{set: (told: object) => void, picture: () => string}} */
export function mount(element) {
  const chart = echarts.init(element, null, { renderer: "canvas", height: 10 });
  let last = null;
  const set = (told) => {
    last = told;
    const { height, option: wanted } = option(told);
    element.style.height = `${height}px`;
    chart.resize({ height });
    chart.setOption(wanted, { notMerge: true });
  };
  new ResizeObserver(() => chart.resize()).observe(element);
  new MutationObserver(() => last && set(last)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("pagehide", () => chart.dispose());
  return { set, picture: () => chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colour("--page") }) };
}
