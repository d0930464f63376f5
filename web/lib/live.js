// The tenant's events as they come: GET /events/live as server-sent events (docs/live.md).

import { ApiError, call_for_response } from "./api.js";

/** Events kept on the page, the newest; older ones are in POST /events/query. */
export const EVENTS_KEPT = 200;
const WAIT_BEFORE_RETRY = 2_000;

/** @typedef {{event_type: string | null, event_name: string | null, user_id: string | null, timestamp: string, properties: Record<string, unknown>}} LiveEvent */
/** `lost`: it is tried again, and nothing is missed; `refused`: it is not, see the problem. @typedef {"connecting" | "open" | "lost" | "refused" | "paused"} LiveState */
/** @typedef {{state?: LiveState, event?: {id: string, event: LiveEvent}, missed?: number, problem?: ApiError}} LiveChange */

/** Connects again by itself, and not by the browser's own way: that would go on behind the id in the address, not behind the last event. */
export class LiveEvents {
  /** @param {(change: LiveChange) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.last_id = "";
    this.type = "";
    this.source = /** @type {EventSource | null} */ (null);
    this.timer = 0;
    this.turns = 0; // how often it was opened or closed: an answer for an earlier turn is passed over
  }
  /** From now on, or behind the last event that came. @param {string} type of events; empty: all */
  open(type) {
    this.close();
    this.type = type;
    const source = new EventSource(this.address());
    this.source = source;
    source.onopen = () => this.tell({ state: "open" });
    source.onerror = () => {
      const is_refused = source.readyState === EventSource.CLOSED;
      this.close();
      this.tell({ state: "lost" });
      if (is_refused) this.ask_why();
      else this.retry();
    };
    source.addEventListener("event", ({ data, lastEventId }) => {
      this.last_id = lastEventId;
      this.tell({ state: "open", event: { id: lastEventId, event: JSON.parse(data) } });
    });
    source.addEventListener("missed", ({ data, lastEventId }) => {
      this.last_id = lastEventId;
      this.tell({ missed: JSON.parse(data).events });
    });
  }
  address() {
    const query = new URLSearchParams({ ...(this.type && { event_type: this.type }), ...(this.last_id && { last_event_id: this.last_id }) });
    return `/events/live?${query}`;
  }
  retry() {
    this.timer = setTimeout(() => this.open(this.type), WAIT_BEFORE_RETRY);
  }
  /** A browser does not say why a stream was refused: the same call as any other does. */
  async ask_why() {
    const controller = new AbortController();
    const turn = this.turns;
    try {
      await call_for_response("GET", this.address(), undefined, controller.signal);
      controller.abort();
      if (this.turns === turn) this.retry();
    } catch (why) {
      if (!(why instanceof ApiError)) throw why;
      if (this.turns !== turn) return;
      if ([0, 429, 503].includes(why.status)) this.retry();
      else this.tell({ state: "refused", problem: why });
    }
  }
  pause() {
    this.close();
    this.tell({ state: "paused" });
  }
  close() {
    ++this.turns;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
