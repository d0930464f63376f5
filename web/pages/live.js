import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { use_answer } from "../lib/answer.js";
import { call } from "../lib/api.js";
import { format_number, format_time } from "../lib/format.js";
import { EVENTS_KEPT, LiveEvents } from "../lib/live.js";
import { Choice, named } from "../parts/choice.js";
import { Page } from "../parts/page.js";
import { Problem } from "../parts/problem.js";

/** @typedef {import("../lib/live.js").LiveState} LiveState */
/** @typedef {{id: string, event: import("../lib/live.js").LiveEvent}} Seen */
/** @typedef {{state: LiveState, events: Seen[], missed: number, as_of: number | null, problem?: import("../lib/api.js").ApiError}} Shown */

/** @type {Record<LiveState, string>} */
const SENTENCES = {
  connecting: "Connecting…",
  open: "Connected.",
  lost: "The connection is lost; trying again. Nothing will be missed.",
  refused: "The node refused the connection.",
  paused: "Paused. “Go on” brings what comes meanwhile.",
};

/** @param {{events: Seen[], zone: string}} props */
const Events = ({ events, zone }) => html`<div class="scrolling" tabindex="0" role="region" aria-label="Events, the newest first">
  <table>
    <thead><tr><th scope="col">Time</th><th scope="col">Type</th><th scope="col">Name</th><th scope="col">User</th><th scope="col">Properties</th></tr></thead>
    <tbody>${events.map(({ id, event }) => html`<tr key=${id}><td>${format_time(event.timestamp, zone)}</td><td>${event.event_type}</td><td>${event.event_name}</td><td>${event.user_id}</td><td><code>${JSON.stringify(event.properties)}</code></td></tr>`)}</tbody>
  </table>
</div>`;

/** @param {Shown} before @param {import("../lib/live.js").LiveChange} change @returns {Shown} */
function changed(before, { state, event, missed, problem }) {
  const is_news = event !== undefined || (state === "open" && before.state !== "open");
  return {
    state: state ?? before.state, problem, missed: before.missed + (missed ?? 0), as_of: is_news ? Date.now() : before.as_of,
    events: event ? [event, ...before.events].slice(0, EVENTS_KEPT) : before.events,
  };
}

/** @param {{viewer: import("../lib/session.js").Viewer}} props */
export function Live({ viewer }) {
  const [shown, set_shown] = useState(/** @type {Shown} */ ({ state: "connecting", events: [], missed: 0, as_of: null }));
  const [type, set_type] = useState("");
  const live = useRef(/** @type {LiveEvents | null} */ (null));
  const { answer: known, problem, again } = use_answer("types", (signal) => call("POST", "/events/catalogue", { lists: ["event_types"], limit: 1000 }, signal));
  useEffect(() => {
    const made = new LiveEvents((change) => set_shown((before) => changed(before, change)));
    live.current = made;
    made.open("");
    return () => made.close();
  }, []);

  /** @param {string} chosen */
  function filter(chosen) {
    set_type(chosen);
    set_shown((before) => ({ ...before, events: before.events.filter(({ event }) => !chosen || event.event_type === chosen) }));
    if (shown.state !== "paused") live.current?.open(chosen);
  }
  const go_on = () => live.current?.open(type);
  const types = [...(known?.event_types.entries ?? []), ...shown.events.map(({ event }) => event)].map((/** @type {{event_type: string}} */ each) => each.event_type);
  return html`<${Page} title="Live events">
    <form class="question" aria-label="What to show" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <${Choice} label="Event type" value=${type} choices=${{ "": "All types", ...named(types) }} choose=${filter} />
      <button type="button" onClick=${() => (shown.state === "paused" ? go_on() : live.current?.pause())}>${shown.state === "paused" ? "Go on" : "Pause"}</button>
    </form>
    ${problem && html`<${Problem} problem=${problem} again=${again} />`}
    <p><span role="status">${SENTENCES[shown.state]}</span> ${shown.as_of && html`<span class="quiet">Shown as of ${format_time(shown.as_of, viewer.zone)}.</span>`}</p>
    ${shown.problem && html`<${Problem} problem=${shown.problem} again=${go_on} />`}
    ${shown.missed > 0 && html`<p class="problem" role="alert">${format_number(shown.missed)} events were passed over: more came than this page could take. Explore counts them all.</p>`}
    ${shown.events.length > 0 ? html`<${Events} events=${shown.events} zone=${viewer.zone} />` : html`<p>Events show here as soon as they come${type && `, of the type ${type} alone`}. <a href="/docs#track_event">How to send one</a></p>`}
    ${shown.events.length === EVENTS_KEPT && html`<p class="quiet">The newest ${format_number(EVENTS_KEPT)} are shown.</p>`}
  <//>`;
}
