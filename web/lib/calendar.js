// Days of a time zone. The node answers by the tenant's calendar; this is only for where a question begins and ends.

const DAY = 86_400_000;

/** Milliseconds by which clocks of the zone are ahead of UTC. @param {number} at @param {string} zone */
function offset(at, zone) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(at);
  /** @param {string} type */
  const part = (type) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(at / 1000) * 1000;
}

/** The beginning of the day, so many days later (or earlier). @param {number} at @param {string} zone @param {number} [days] */
export function start_of_day(at, zone, days = 0) {
  const midnight = Math.floor((at + offset(at, zone)) / DAY) * DAY + days * DAY; // as if it were UTC
  const guess = midnight - offset(midnight, zone);
  return midnight - offset(guess, zone);
}

/** @param {number} at */
export const as_rfc_3339 = (at) => new Date(at).toISOString();
