// Parts of the pages that need no browser: days of time zones, files for spreadsheets.
// DOTMAC_TEST_SEED repeats a run.

import assert from "node:assert/strict";
import test from "node:test";
import { start_of_day } from "../../web/lib/calendar.js";
import { csv_of } from "../../web/lib/csv.js";

const DAY = 86_400_000;
const seed = Number(process.env.DOTMAC_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`DOTMAC_TEST_SEED=${seed}`);
let state = seed;
/** Whole numbers from 0 on (Lehmer's generator). */
const draw = (below) => (state = (state * 48_271 + 1) % 2_147_483_647) % below;
const local = (at, zone) => new Date(at).toLocaleString("sv-SE", { timeZone: zone });

test("a day begins at midnight of its zone, also where clocks change that day", () => {
  for (let i = 0; i < 3_000; ++i) {
    const zone = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago"][draw(7)];
    const at = Date.UTC(2020, 0, 1) + draw(4_000) * DAY + draw(DAY);
    const begin = start_of_day(at, zone);
    assert.equal(local(begin, zone), `${local(at, zone).slice(0, 10)} 00:00:00`, `${zone} ${new Date(at).toISOString()}`);
    assert.ok(begin <= at && at - begin < DAY + 2 * 3_600_000);
    const days = draw(60) - 30;
    const moved = start_of_day(at, zone, days);
    assert.equal(local(moved, zone).slice(11), "00:00:00");
    assert.equal(Date.parse(local(moved, zone).slice(0, 10)) - Date.parse(local(begin, zone).slice(0, 10)), days * DAY);
  }
});

test("the days of a change of clocks have 23 and 25 hours", () => {
  const hours = (at, zone) => (start_of_day(Date.parse(at), zone, 1) - start_of_day(Date.parse(at), zone)) / 3_600_000;
  assert.equal(hours("2026-03-29T12:00:00Z", "Europe/Berlin"), 23);
  assert.equal(hours("2026-10-25T12:00:00Z", "Europe/Berlin"), 25);
  assert.equal(hours("2026-10-24T12:00:00Z", "Europe/Berlin"), 24);
});

test("a file for spreadsheets keeps texts whole and runs none", () => {
  assert.equal(csv_of([["day", 'a "b", c', "=1+1"], [1.5, null, "two\nlines"], [-2, "-2", "@x"]]), 'day,"a ""b"", c",\'=1+1\r\n1.5,,"two\nlines"\r\n-2,\'-2,\'@x\r\n');
});
