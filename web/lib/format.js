// Numbers and times as the reader writes them (the browser's languages), in the time zone of the tenant.

import { start_of_day } from "./calendar.js";

const LOCALES = [...navigator.languages];

const whole = new Intl.NumberFormat(LOCALES, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(LOCALES, { notation: "compact", maximumFractionDigits: 1 });

/** @param {number | null | undefined} value */
export const format_number = (value) => (value === null || value === undefined ? "–" : whole.format(value));
/** For axes. @param {number} value */
export const format_short_number = (value) => short.format(value);

/** @type {Map<string, Intl.DateTimeFormat>} */
const kept = new Map();

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options */
function formatter(zone, options) {
  const key = zone + JSON.stringify(options);
  let made = kept.get(key);
  if (!made) kept.set(key, (made = new Intl.DateTimeFormat(LOCALES, { timeZone: zone, ...options })));
  return made;
}

/** @param {string | number | Date} at @param {string} zone */
export const format_time = (at, zone) => formatter(zone, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
/** @param {string | number | Date} at @param {string} zone */
export const format_day = (at, zone) => formatter(zone, { weekday: "short", year: "numeric", month: "short", day: "numeric" }).format(new Date(at));

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const OF_BUCKETS = {
  minute: { dateStyle: "medium", timeStyle: "short" },
  hour: { dateStyle: "medium", timeStyle: "short" },
  day: { weekday: "short", year: "numeric", month: "short", day: "numeric" },
  week: { year: "numeric", month: "short", day: "numeric" },
  month: { year: "numeric", month: "long" },
};

/** What an interval of this length is called, by its start. @param {string | number | Date} at @param {string} granularity @param {string} zone */
export const format_bucket = (at, granularity, zone) => formatter(zone, OF_BUCKETS[granularity] ?? OF_BUCKETS.day).format(new Date(at));

/** For an axis whose marks are `step` seconds apart. @param {number} seconds @param {number} step @param {string} zone */
export function format_mark(seconds, step, zone) {
  if (step >= 28 * 86_400) return formatter(zone, { year: "2-digit", month: "short" }).format(seconds * 1000);
  return formatter(zone, step >= 86_400 || start_of_day(seconds * 1000, zone) === seconds * 1000 ? { month: "short", day: "numeric" } : { hour: "numeric", minute: "2-digit" }).format(seconds * 1000);
}
