// Explore: what is chosen is what is asked, and what is shown is what the API answers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before } from "node:test";
import { ask, assert_accessible, assert_clean, assert_no_sideways_scrolling, Browser, in_german, make_key, URL_OF_NODE } from "./browser.mjs";

const DAY = 86_400_000;
let browser, key;
before(async () => {
  browser = await Browser.start();
  key = (await make_key("read")).api_key;
  const events = Array.from({ length: 900 }, (_, i) => ({
    event_type: i % 3 ? "view" : "order", event_name: ["home", "shop"][i % 2], user_id: `user ${i % 41}`, timestamp: new Date(Date.now() - (i % 6) * DAY).toISOString(),
    properties: { plan: ["fiber", "=1+1", 'a "b", c'][i % 3] },
  }));
  await ask("POST", "/events/track/batch", { events });
});
after(() => browser.close());

const choose = (page, label, option) => page.getByLabel(label, { exact: true }).selectOption(option);
const cells_of = (table) => table.locator("tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
/** The columns of numbers of the chart's table, by name. */
async function columns_of(page) {
  const button = page.getByRole("button", { name: "Show as a table" });
  if (await button.count()) await button.click();
  const [head, ...rows] = await cells_of(page.getByRole("region", { name: /as a table$/ }));
  return Object.fromEntries(head.slice(1).map((name, column) => [name, rows.map((row) => row[column + 1])]));
}
/** What the API answers to the same, in the same form. */
async function wanted_of(series, days, more = {}) {
  const today = Math.floor(Date.now() / DAY) * DAY; // the tenant's time zone is UTC
  const times = { start_time: new Date(today - (days - 1) * DAY).toISOString(), end_time: new Date(today + DAY).toISOString() };
  const answer = await ask("POST", "/events/trends", { series: [series], granularity: "day", ...times, ...more });
  return answer.series.map((line) => [line.dimensions, line.points.map(({ value }) => in_german(value))]);
}

test("counts people and events of a type, a name, and groups", async () => {
  const page = await browser.open_signed_in(key, "/app/explore");
  await page.getByRole("img").waitFor();
  assert.deepEqual(await columns_of(page), { Events: (await wanted_of({}, 30))[0][1] });
  await choose(page, "Measure", "People");
  await choose(page, "Time", "7 days");
  await choose(page, "Event type", "view");
  await choose(page, "Event name", "shop");
  const people = { measure: "unique_users", event_type: "view", event_name: "shop" };
  await page.getByRole("img", { name: /^People by day/ }).waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  assert.deepEqual(await columns_of(page), { People: (await wanted_of(people, 7))[0][1] });
  await choose(page, "Group by", "properties.plan");
  await page.getByRole("button", { name: /^a "b", c/ }).waitFor();
  const groups = await wanted_of(people, 7, { dimensions: ["properties.plan"], limit: 7 });
  assert.equal(groups.length, 2);
  assert.deepEqual(await columns_of(page), Object.fromEntries(groups.map(([dimensions, values]) => [dimensions["properties.plan"], values])));
  await assert_accessible(page, "Explore, light");
  assert_clean(page);

  const address = page.url();
  const other = await browser.open_signed_in(key, address.replace(URL_OF_NODE, ""), { colorScheme: "dark", viewport: { width: 360, height: 740 } });
  await other.getByRole("button", { name: /^a "b", c/ }).waitFor();
  assert.equal(await other.getByLabel("Measure").inputValue(), "unique_users");
  await assert_no_sideways_scrolling(other, "Explore");
  await assert_accessible(other, "Explore, dark");
  assert_clean(other);
});

test("saves what it shows as a file that a spreadsheet does not run", async () => {
  const page = await browser.open_signed_in(key, "/app/explore?by=properties.plan&days=7");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as CSV" }).click()]);
  assert.equal(download.suggestedFilename(), "events.csv");
  const text = readFileSync(await download.path(), "utf8");
  const lines = text.split("\r\n");
  const groups = await wanted_of({}, 7, { dimensions: ["properties.plan"], limit: 7 });
  const names = groups.map(([dimensions]) => ({ fiber: "fiber", "=1+1": "'=1+1", 'a "b", c': '"a ""b"", c"' })[dimensions["properties.plan"]]);
  assert.equal(lines[0], "\uFEFFday," + names.join(","));
  assert.equal(lines.length, 9);
  assert.deepEqual(lines.slice(1, 8).map((line) => line.split(",").slice(1)), groups[0][1].map((_, row) => groups.map(([, values]) => values[row].replace(".", ""))));
  assert_clean(page);
});

test("where there is nothing, or a wrong question in the address, it says what to do", async () => {
  const page = await browser.open_signed_in(key, "/app/explore?type=never&measure=nonsense&days=x");
  await page.getByText("Choose a longer time, another type, or all names.").waitFor();
  assert.equal(await page.getByLabel("Measure").inputValue(), "count");
  await choose(page, "Event type", "All types");
  await page.getByRole("img").waitFor();
  assert_clean(page);
  const unknown = await browser.open_signed_in(key, "/app/explore?by=properties.never");
  await unknown.getByRole("button", { name: /^\(none\) 900/ }).waitFor();
  await unknown.route("**/events/trends", (route) => route.fulfill({ status: 422, contentType: "application/json", body: JSON.stringify({ detail: [{ loc: ["body", "limit"], msg: "too many points" }], code: "query_too_large", request_id: "r-1" }) }));
  await choose(unknown, "Interval", "Hour");
  await unknown.getByRole("alert").getByText("limit: too many points").waitFor();
  await unknown.getByText("Ask for less: a shorter time, longer intervals, or fewer groups.").waitFor();
  await assert_accessible(unknown, "a refusal");
  await unknown.unroute("**/events/trends");
  await choose(unknown, "Group by", "No groups");
  await unknown.getByRole("img").waitFor();
  assert_clean(unknown, [/status of 422/]);
});
