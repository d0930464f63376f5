import { html } from "htm/preact";
import { useMemo, useState } from "preact/hooks";
import { use_answer } from "../lib/answer.js";
import { call } from "../lib/api.js";
import { csv_of, save_file } from "../lib/csv.js";
import { GRANULARITIES, interval_of, MEASURES, question_of, RANGES, read_exploration, write_exploration } from "../lib/exploration.js";
import { format_number, format_time } from "../lib/format.js";
import { Choice, named } from "../parts/choice.js";
import { Page } from "../parts/page.js";
import { Problem } from "../parts/problem.js";
import { name_of_line, TrendChart } from "../parts/trend_chart.js";

/** @typedef {import("../lib/exploration.js").Exploration} Exploration */
/** @typedef {import("../parts/trend_chart.js").Trends & {as_of: string | null, group_count: number}} Answer */

const NAMES_MAX = 1000; // as many as one answer of the catalogue has
/** Groups that are no properties. */
const FIELDS = { event_type: "Event type", event_name: "Event name", source: "Source" };

/** @param {{exploration: Exploration, change: (more: Partial<Exploration>) => void, zone: string, now: number}} props */
function Question({ exploration, change, zone, now }) {
  const { type, name, measure, granularity, days, by } = exploration;
  const interval = interval_of(exploration, zone, now);
  const { answer: types } = use_answer(["types", interval], (signal) => call("POST", "/events/catalogue", { lists: ["event_types"], limit: NAMES_MAX, ...interval }, signal));
  const of_events = { lists: ["event_names", "properties"], limit: NAMES_MAX, ...interval, ...(type && { event_type: type }) };
  const { answer: names, problem, again } = use_answer(["names", of_events], (signal) => call("POST", "/events/catalogue", of_events, signal));
  /** @type {string[]} */
  const event_types = (types?.event_types.entries ?? []).map((/** @type {{event_type: string}} */ each) => each.event_type);
  /** @type {string[]} */
  const event_names = (names?.event_names.entries ?? []).map((/** @type {{event_name: string}} */ each) => each.event_name);
  /** @type {string[]} */
  const properties = (names?.properties.entries ?? []).map((/** @type {{name: string}} */ each) => each.name);
  return html`<form class="question" aria-label="What to show" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${Choice} label="Measure" value=${measure} choices=${MEASURES} choose=${(/** @type {Exploration["measure"]} */ value) => change({ measure: value })} />
    <${Choice} label="Event type" value=${type} choices=${{ "": "All types", ...named(event_types) }} choose=${(/** @type {string} */ value) => change({ type: value, name: "" })} />
    <${Choice} label="Event name" value=${name} choices=${{ "": "All names", ...named(event_names) }} choose=${(/** @type {string} */ value) => change({ name: value })} />
    <${Choice} label="Group by" value=${by} choices=${{ "": "No groups", ...FIELDS, ...named(properties) }} choose=${(/** @type {string} */ value) => change({ by: value })} />
    <${Choice} label="Time" value=${days} choices=${RANGES} choose=${(/** @type {Exploration["days"]} */ value) => change({ days: value, granularity: value === "1" ? "hour" : value === "365" ? "month" : "day" })} />
    <${Choice} label="Interval" value=${granularity} choices=${GRANULARITIES} choose=${(/** @type {Exploration["granularity"]} */ value) => change({ granularity: value })} />
    ${problem && html`<${Problem} problem=${problem} again=${again} />`}
  </form>`;
}

/** @param {Answer} answer @param {string} measure */
function save(answer, measure) {
  const times = answer.series[0]?.points ?? [];
  const rows = times.map(({ time_bucket }, row) => [time_bucket, ...answer.series.map(({ points }) => points[row].value)]);
  save_file("events.csv", csv_of([[answer.granularity, ...answer.series.map((line) => name_of_line(line, measure))], ...rows]));
}

/** @param {{exploration: Exploration, zone: string, now: number}} props */
function Result({ exploration, zone, now }) {
  const question = question_of(exploration, zone, now);
  const { answer, problem, is_loading, again } = use_answer(question, (signal) => /** @type {Promise<Answer>} */ (call("POST", "/events/trends", question, signal)));
  const measure = MEASURES[exploration.measure];
  if (problem) return html`<${Problem} problem=${problem} again=${again} />`;
  if (!answer) return html`<p role="status">Counting…</p>`;
  if (answer.series.every((line) => !line.total))
    return html`<section class="empty"><h2>Nothing of this happened</h2><p>There are no such events in this time. Choose a longer time, another type, or all names.</p></section>`;
  const groups = answer.group_count > answer.series.length ? ` ${format_number(answer.group_count)} groups: the largest have lines of their own.` : "";
  return html`<section aria-label="Result" aria-busy=${is_loading ? "true" : "false"}>
    <${TrendChart} answer=${answer} title=${`${measure} by ${GRANULARITIES[exploration.granularity].toLowerCase()}`} measure=${measure} />
    <p class="quiet" role="status">${answer.as_of && `Newest event: ${format_time(answer.as_of, zone)}.`}${groups}</p>
    <button type="button" onClick=${() => save(answer, measure)}>Save as CSV</button>
  </section>`;
}

/** @param {{viewer: import("../lib/session.js").Viewer}} props */
export function Explore({ viewer }) {
  const [exploration, set_exploration] = useState(() => read_exploration(location.search));
  const [times, set_times] = useState(0);
  const now = useMemo(() => Date.now(), [times]); // of one look: what is asked for stays the same until somebody looks again
  /** @param {Partial<Exploration>} more */
  function change(more) {
    const next = { ...exploration, ...more };
    set_exploration(next);
    history.replaceState(null, "", `${location.pathname}?${write_exploration(next)}`);
  }
  return html`<${Page} title="Explore">
    <${Question} exploration=${exploration} change=${change} zone=${viewer.zone} now=${now} />
    <${Result} key=${times} exploration=${exploration} zone=${viewer.zone} now=${now} />
    <p><button type="button" onClick=${() => set_times(times + 1)}>Look again</button></p>
  <//>`;
}
