// uPlot with the colours of the theme, a tooltip, and times of the tenant's zone.

import uPlot from "uplot";
import { format_bucket, format_mark, format_number, format_short_number } from "../lib/format.js";

/** Lines differ in more than colour. @type {number[][]} */
export const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const HEIGHT = 280;
const HOUR = 3_600, DAY = 24 * HOUR, MONTH = 30 * DAY, YEAR = 365 * DAY;
const OF_HOURS = [1, 2, 3, 4, 6, 8, 12].map((each) => each * HOUR);
const OF_DAYS = [1, 2, 3, 4, 5, 6, 7, 14, 21].map((each) => each * DAY);
const OF_MONTHS = [MONTH, 2 * MONTH, 3 * MONTH, 6 * MONTH, YEAR, 2 * YEAR, 5 * YEAR, 10 * YEAR];

/** How far marks of the axis may be from each other: no nearer than the intervals that are counted. @param {string} granularity */
function steps_of(granularity) {
  if (granularity === "month") return OF_MONTHS;
  return granularity === "hour" ? [...OF_HOURS, ...OF_DAYS, ...OF_MONTHS] : [...OF_DAYS, ...OF_MONTHS];
}

/** @param {Element} element @param {string} name */
const value_of = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** From zero, because areas and heights are compared; with room above. @type {uPlot.Range.Function} */
const from_zero = (_, min, max) => [Math.min(0, min ?? 0), Math.max(max ?? 0, 1) * 1.08];

/** @param {HTMLElement} box @param {import("./chart.js").ChartProps} given @returns {uPlot.Plugin} */
function tooltip(box, given) {
  return {
    hooks: {
      setCursor: (plot) => {
        const { idx, left, top } = plot.cursor;
        box.hidden = idx === null || idx === undefined || (left ?? -1) < 0;
        if (box.hidden || typeof idx !== "number") return;
        const title = document.createElement("strong");
        title.textContent = format_bucket(given.times[idx] * 1000, given.granularity, given.zone);
        const rows = given.lines.flatMap((line, index) => {
          if (!plot.series[index + 1].show) return [];
          const row = document.createElement("div");
          row.className = `line-${(index % 8) + 1}`;
          row.textContent = `${line.name}: ${format_number(line.values[idx])}`;
          return [row];
        });
        box.replaceChildren(title, ...rows);
        const x = plot.over.offsetLeft + (left ?? 0);
        const is_right = x > plot.width / 2;
        box.style.left = is_right ? "" : `${x + 12}px`;
        box.style.right = is_right ? `${plot.width - x + 12}px` : "";
        box.style.top = `${Math.max(0, plot.over.offsetTop + Math.min(top ?? 0, HEIGHT / 2) - 10)}px`;
      },
    },
  };
}

/** @param {HTMLElement} place @param {import("./chart.js").ChartProps} given @returns {Omit<uPlot.Options, "width" | "plugins" | "hooks">} */
function options_of(place, given) {
  const text = value_of(place, "--quiet");
  const grid = { stroke: value_of(place, "--line"), width: 1 };
  const font = `12px ${value_of(place, "font-family") || "sans-serif"}`;
  return {
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), given.zone),
    legend: { show: false },
    cursor: { drag: { x: true, y: false, dist: 5 }, y: false },
    scales: { x: { time: true }, y: { range: from_zero } },
    axes: [
      { label: given.x_title, incrs: steps_of(given.granularity), labelFont: font, font, stroke: text, grid, ticks: grid, values: (_, marks, __, ___, step) => marks.map((each) => format_mark(each, step, given.zone)) },
      { label: given.y_title, labelFont: font, font, stroke: text, grid, ticks: grid, size: 56, values: (_, marks) => marks.map(format_short_number) },
    ],
    series: [{}, ...given.lines.map((line, index) => {
      const stroke = value_of(place, `--line-${(index % 8) + 1}`);
      return { label: line.name, stroke, width: 2, dash: DASHES[index % DASHES.length], points: { show: given.times.length <= 40, size: 6, stroke, fill: stroke } };
    })],
  };
}

export class ChartDrawing {
  /** @param {HTMLElement} place @param {import("./chart.js").ChartProps} given @param {(is_zoomed: boolean) => void} on_zoom */
  constructor(place, given, on_zoom) {
    const box = document.createElement("div");
    box.className = "tooltip";
    box.hidden = true;
    this.first = given.times[0];
    this.last = given.times[given.times.length - 1];
    const zoomed = { hooks: { setScale: (/** @type {uPlot} */ plot, /** @type {string} */ scale) => {
      const { min, max } = plot.scales.x;
      if (scale === "x" && given.times.length > 1) on_zoom((min ?? this.first) > this.first || (max ?? this.last) < this.last);
    } } };
    this.plot = new uPlot({ ...options_of(place, given), width: place.clientWidth, plugins: [tooltip(box, given), zoomed] }, [given.times, ...given.lines.map(({ values }) => values)], place);
    this.plot.root.append(box);
    this.observer = new ResizeObserver(() => place.clientWidth > 0 && place.clientWidth !== this.plot.width && this.plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    this.observer.observe(place);
  }
  /** @param {number} index @param {boolean} is_shown */
  show(index, is_shown) {
    this.plot.setSeries(index + 1, { show: is_shown });
  }
  show_all() {
    this.plot.setScale("x", { min: this.first, max: this.last });
  }
  end() {
    this.observer.disconnect();
    this.plot.destroy();
  }
}
