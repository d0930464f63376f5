// What a reader of Explore asks: kept in the address of the page, so that it can be passed on.

import { as_rfc_3339, start_of_day } from "./calendar.js";

export const MEASURES = { count: "Events", unique_users: "People" };
export const GRANULARITIES = { hour: "Hour", day: "Day", week: "Week", month: "Month" };
/** By days; the first one is of hours. */
export const RANGES = { "1": "Today", "7": "7 days", "30": "30 days", "90": "90 days", "365": "365 days" };
export const LINES_MAX = 8;

/** @typedef {{type: string, name: string, measure: keyof typeof MEASURES, granularity: keyof typeof GRANULARITIES, days: keyof typeof RANGES, by: string}} Exploration */

/** @template {object} T @param {T} known @param {string | null} given @param {keyof T & string} otherwise @returns {keyof T & string} */
const one_of = (known, given, otherwise) => (given !== null && Object.hasOwn(known, given) ? /** @type {keyof T & string} */ (given) : otherwise);

/** @param {string} query of an address @returns {Exploration} */
export function read_exploration(query) {
  const given = new URLSearchParams(query);
  return {
    type: given.get("type") ?? "", name: given.get("name") ?? "", by: given.get("by") ?? "", measure: one_of(MEASURES, given.get("measure"), "count"),
    granularity: one_of(GRANULARITIES, given.get("granularity"), "day"), days: one_of(RANGES, given.get("days"), "30"),
  };
}

/** @param {Exploration} exploration */
export function write_exploration(exploration) {
  return new URLSearchParams(Object.entries(exploration).filter(([, value]) => value !== "")).toString();
}

/** The time in question: whole days of the tenant's calendar, up to the end of today. @param {Exploration} exploration @param {string} zone @param {number} now */
export function interval_of({ days }, zone, now) {
  return { start_time: as_rfc_3339(start_of_day(now, zone, 1 - Number(days))), end_time: as_rfc_3339(start_of_day(now, zone, 1)) };
}

/** As POST /events/trends takes it. @param {Exploration} exploration @param {string} zone @param {number} now */
export function question_of(exploration, zone, now) {
  const { type, name, measure, granularity, by } = exploration;
  return {
    series: [{ name: "explored", measure, ...(type && { event_type: type }), ...(name && { event_name: name }) }],
    granularity, ...interval_of(exploration, zone, now), ...(by && { dimensions: [by], limit: LINES_MAX - 1 }),
  };
}
