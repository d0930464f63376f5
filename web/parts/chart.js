// Lines over time: a drawing for the eye, and the same numbers as a table for everybody else.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { format_bucket, format_number } from "../lib/format.js";
import { when_theme_changes } from "../lib/theme.js";
import { ChartDrawing, DASHES } from "./chart_drawing.js";

/** @typedef {{name: string, total: number | null, values: (number | null)[]}} ChartLine */
/**
 * @typedef {object} ChartProps
 * @property {number[]} times seconds since 1970: where intervals begin
 * @property {ChartLine[]} lines
 * @property {string} title
 * @property {string} granularity
 * @property {string} zone
 * @property {string} x_title
 * @property {string} y_title
 */

/** @param {{color: number}} props */
const Swatch = ({ color }) => html`<svg class=${`swatch line-${(color % 8) + 1}`} viewBox="0 0 24 8" aria-hidden="true"><line x1="0" y1="4" x2="24" y2="4" stroke-dasharray=${DASHES[color % DASHES.length].join(" ")} /></svg>`;

/** @param {{lines: ChartLine[], hidden: boolean[], toggle: (index: number) => void}} props */
const Legend = ({ lines, hidden, toggle }) => html`<ul class="legend" aria-label="Lines of the chart">
  ${lines.map(({ name, total }, index) => html`<li><button type="button" aria-pressed=${hidden[index] ? "false" : "true"} onClick=${() => toggle(index)}>
    <${Swatch} color=${index} /> ${name} <span class="quiet">${format_number(total)}</span></button></li>`)}
</ul>`;

/** @param {ChartProps} props */
const Numbers = ({ times, lines, title, granularity, zone, x_title }) => html`<div class="scrolling" tabindex="0" role="region" aria-label=${`${title}, as a table`}>
  <table>
    <caption class="for-readers">${title}</caption>
    <thead><tr><th scope="col">${x_title}</th>${lines.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
    <tbody>${times.map((at, row) => html`<tr><th scope="row">${format_bucket(at * 1000, granularity, zone)}</th>${lines.map(({ values }) => html`<td class="number">${format_number(values[row])}</td>`)}</tr>`)}</tbody>
  </table>
</div>`;

/** @param {ChartProps} props */
export function Chart(props) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const drawing = useRef(/** @type {ChartDrawing | null} */ (null));
  const [hidden, set_hidden] = useState(/** @type {boolean[]} */ ([]));
  const [is_zoomed, set_zoomed] = useState(false);
  const [shows_table, show_table] = useState(false);
  const { times, lines, title } = props;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    set_hidden([]);
    set_zoomed(false);
    const draw = () => {
      drawing.current?.end();
      drawing.current = new ChartDrawing(element, props, set_zoomed);
    };
    draw();
    const forget = when_theme_changes(() => {
      draw();
      set_hidden([]);
      set_zoomed(false);
    });
    return () => {
      forget();
      drawing.current?.end();
      drawing.current = null;
    };
  }, [times, lines]);

  /** @param {number} index */
  function toggle(index) {
    const next = lines.map((_, each) => (each === index ? !hidden[each] : Boolean(hidden[each])));
    drawing.current?.show(index, !next[index]);
    set_hidden(next);
  }
  return html`<figure class="chart">
    <div class="drawing" ref=${place} role="img" aria-label=${`${title}: ${lines.map(({ name, total }) => `${name} ${format_number(total)}`).join(", ")}. The table below has every number.`}></div>
    <${Legend} lines=${lines} hidden=${hidden} toggle=${toggle} />
    <p class="below">
      <span class="quiet">Drag to look closer.</span>
      ${is_zoomed && html`<button type="button" onClick=${() => drawing.current?.show_all()}>Show the whole time</button>`}
      <button type="button" aria-expanded=${shows_table ? "true" : "false"} onClick=${() => show_table(!shows_table)}>${shows_table ? "Hide the table" : "Show as a table"}</button>
    </p>
    ${shows_table && html`<${Numbers} ...${props} />`}
  </figure>`;
}
