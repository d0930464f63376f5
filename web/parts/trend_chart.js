// An answer of POST /events/trends as a chart.

import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { Chart } from "./chart.js";

/** @typedef {{time_bucket: string, value: number | null}} Point */
/** @typedef {{name: string, dimensions: Record<string, unknown>, is_other: boolean, total: number | null, points: Point[]}} Line */
/** @typedef {{series: Line[], granularity: string, timezone: string}} Trends */

/** What groups a line is of. @param {Line} line @param {string} measure */
export function name_of_line(line, measure) {
  if (line.is_other) return "All others";
  const groups = Object.values(line.dimensions);
  if (groups.length === 0) return measure;
  return groups.map((each) => (each === null ? "(none)" : typeof each === "string" ? each : JSON.stringify(each))).join(", ");
}

/** @type {Record<string, string>} */
const INTERVALS = { minute: "Minute", hour: "Hour", day: "Day", week: "Week from", month: "Month" };

/** @param {{answer: Trends, title: string, measure: string}} props */
export function TrendChart({ answer, title, measure }) {
  const given = useMemo(() => ({
    times: (answer.series[0]?.points ?? []).map((each) => Date.parse(each.time_bucket) / 1000),
    lines: answer.series.map((line) => ({ name: name_of_line(line, measure), total: line.total, values: line.points.map((each) => each.value) })),
  }), [answer, measure]);
  if (given.lines.length === 0) return html`<p>There is nothing in this time. Choose a longer one.</p>`;
  return html`<${Chart} ...${given} title=${title} granularity=${answer.granularity} zone=${answer.timezone}
    x_title=${`${INTERVALS[answer.granularity] ?? "Time"} (${answer.timezone})`} y_title=${measure} />`;
}
