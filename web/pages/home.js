import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { call } from "../lib/api.js";
import { use_answer } from "../lib/answer.js";
import { as_rfc_3339, start_of_day } from "../lib/calendar.js";
import { format_number, format_time } from "../lib/format.js";
import { FirstEvent } from "../parts/first_event.js";
import { Page } from "../parts/page.js";
import { Problem } from "../parts/problem.js";
import { TrendChart } from "../parts/trend_chart.js";

/** @typedef {import("../lib/session.js").Viewer} Viewer */
/** @typedef {{event_type: string, event_name: string, count: number}} Kind */
/** @typedef {{event_count: number, user_count: number, first_event: string | null, last_event: string | null, kinds: Kind[]}} Stats */

const DAYS = 14;
const TYPES_SHOWN = 6;
const KINDS_SHOWN = 50;

/** @param {{name: string, children?: any}} props */
const Figure = ({ name, children }) => html`<div class="figure"><dt>${name}</dt><dd>${children}</dd></div>`;

/** @param {{stats: Stats, viewer: Viewer}} props */
function Figures({ stats, viewer }) {
  return html`<dl class="figures">
    <${Figure} name="Events">${format_number(stats.event_count)}<//>
    <${Figure} name="People">${format_number(stats.user_count)}<//>
    <${Figure} name="First event">${stats.first_event && format_time(stats.first_event, viewer.zone)}<//>
    <${Figure} name="Last event">${stats.last_event && format_time(stats.last_event, viewer.zone)}<//>
  </dl>`;
}

/** @param {{kinds: Kind[]}} props */
function Kinds({ kinds }) {
  const [shown, set_shown] = useState(KINDS_SHOWN);
  const sorted = [...kinds].sort((a, b) => b.count - a.count);
  return html`<section aria-labelledby="kinds">
    <h2 id="kinds">Events by type and name</h2>
    <div class="scrolling" tabindex="0" role="region" aria-labelledby="kinds">
      <table>
        <thead><tr><th scope="col">Type</th><th scope="col">Name</th><th scope="col" class="number">Events</th></tr></thead>
        <tbody>
          ${sorted.slice(0, shown).map((each) => html`<tr><td>${each.event_type}</td><td>${each.event_name}</td><td class="number">${format_number(each.count)}</td></tr>`)}
        </tbody>
      </table>
    </div>
    ${sorted.length > shown && html`<p>${format_number(shown)} of ${format_number(sorted.length)} shown. <button type="button" onClick=${() => set_shown(shown * 4)}>Show more</button></p>`}
  </section>`;
}

/** Events by day and type, of the last days by the tenant's calendar. @param {{viewer: Viewer, times: number}} props */
function LastDays({ viewer, times }) {
  const now = Date.now();
  const question = {
    series: [{ name: "events" }], dimensions: ["event_type"], limit: TYPES_SHOWN, granularity: "day",
    start_time: as_rfc_3339(start_of_day(now, viewer.zone, 1 - DAYS)), end_time: as_rfc_3339(start_of_day(now, viewer.zone, 1)),
  };
  const { answer, problem, again } = use_answer([question, times], (signal) => call("POST", "/events/trends", question, signal));
  return html`<section aria-labelledby="last-days">
    <h2 id="last-days">The last ${DAYS} days</h2>
    ${problem ? html`<${Problem} problem=${problem} again=${again} />` : answer ? html`<${TrendChart} answer=${answer} title=${`Events by day and type, the last ${DAYS} days`} measure="Events" />` : html`<p role="status">Counting…</p>`}
  </section>`;
}

/** @param {{viewer: Viewer}} props */
export function Home({ viewer }) {
  const [times, set_times] = useState(0);
  const { answer, problem, is_loading, again } = use_answer(times, (signal) => /** @type {Promise<Stats>} */ (call("GET", "/events/stats", undefined, signal)));
  const refresh = () => set_times(times + 1);
  return html`<${Page} title="Home">
    ${problem && html`<${Problem} problem=${problem} again=${again} />`}
    ${!problem && !answer && html`<p role="status">Asking the node…</p>`}
    ${answer && answer.event_count === 0 && html`<${FirstEvent} viewer=${viewer} look=${refresh} />`}
    ${answer && answer.event_count > 0 && html`
      <p><button type="button" onClick=${refresh} disabled=${is_loading}>Refresh</button></p>
      <${Figures} stats=${answer} viewer=${viewer} />
      <${LastDays} viewer=${viewer} times=${times} />
      <${Kinds} kinds=${answer.kinds} />`}
  <//>`;
}
