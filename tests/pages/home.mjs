// Home shows what the API answers.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ask, assert_accessible, assert_clean, assert_no_sideways_scrolling, Browser, in_german, make_key, URL_OF_NODE } from "./browser.mjs";

const FIRST_VIEW_MAX = 400_000;

let browser, key;
before(async () => {
  browser = await Browser.start();
  key = (await make_key("read")).api_key;
});
after(() => browser.close());

/** The text of every cell, row by row. */
const cells_of = (table) => table.locator("tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

test("without events it says how to send one, and the line works", async () => {
  const page = await browser.open_signed_in(key);
  const line = await page.locator("pre").textContent();
  assert.ok(line.startsWith(`curl -s ${URL_OF_NODE}/events/track -H "X-API-Key: $KEY" -d '`), line);
  await ask("POST", "/events/track", JSON.parse(line.split("-d '")[1].slice(0, -1)));
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("heading", { name: "The last 14 days" }).waitFor();
  assert_clean(page);
});

test("its numbers are those of the API", async () => {
  const at = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
  const events = Array.from({ length: 1_500 }, (_, i) => ({ event_type: ["view", "<b>click</b>", "order"][i % 3], event_name: `name ${i % 5}`, user_id: `user ${i % 700}`, timestamp: at(i % 10) }));
  await ask("POST", "/events/track/batch", { events });
  const page = await browser.open_signed_in(key);
  const stats = await ask("GET", "/events/stats");
  assert.equal(stats.event_count, 1_501);
  await page.getByText("Events by type and name").waitFor();
  const figures = await page.locator(".figure dd").allTextContents();
  assert.deepEqual(figures.slice(0, 2), [in_german(stats.event_count), in_german(stats.user_count)]);
  const zone = (await ask("GET", "/session")).timezone;
  assert.equal(figures[3], new Intl.DateTimeFormat("de-DE", { timeZone: zone, dateStyle: "medium", timeStyle: "medium" }).format(new Date(stats.last_event)));
  const kinds = await cells_of(page.getByRole("table"));
  const wanted = stats.kinds.map((each) => [each.event_type, each.event_name, in_german(each.count)]);
  assert.deepEqual(new Set(kinds.slice(1).map(String)), new Set(wanted.map(String)));

  await page.getByRole("button", { name: "Show as a table" }).click();
  const days = await cells_of(page.getByRole("region", { name: /as a table$/ }));
  const columns = days[0].slice(1);
  assert.deepEqual([...columns].sort(), ["<b>click</b>", "order", "page_view", "view"], "texts are shown, not run");
  const counted = Object.fromEntries(columns.map((name, column) => [name, days.slice(1).reduce((sum, row) => sum + Number(row[column + 1].replace(".", "")), 0)]));
  assert.deepEqual(counted, { "<b>click</b>": 500, order: 500, view: 500, page_view: 1 });
  assert.equal(days.length, 15);
  await assert_accessible(page, "Home, light");
  assert_clean(page);
});

test("its chart has titles, a tooltip, a legend that toggles, and a closer look", async () => {
  const page = await browser.open_signed_in(key);
  const drawing = page.getByRole("img");
  await drawing.waitFor();
  assert.match(await drawing.getAttribute("aria-label"), /view 500.*The table below has every number/);
  const box = await drawing.boundingBox();
  const tooltip = page.locator(".tooltip");
  await page.mouse.move(box.x + box.width * 0.9, box.y + 100);
  await tooltip.waitFor({ state: "visible" });
  assert.match(await tooltip.textContent(), /view: \d+/);
  const legend = page.getByRole("list", { name: "Lines of the chart" }).getByRole("button", { name: /^view/ });
  await legend.focus();
  await page.keyboard.press("Enter");
  assert.equal(await legend.getAttribute("aria-pressed"), "false");
  await page.mouse.move(box.x + box.width * 0.85, box.y + 100);
  assert.doesNotMatch(await tooltip.textContent(), /\nview: |^view: |[^>]view: 5/);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 110, { steps: 5 });
  await page.mouse.up();
  const whole = page.getByRole("button", { name: "Show the whole time" });
  await whole.click();
  await whole.waitFor({ state: "detached" });
  assert_clean(page);
});

test("two tenants see their own, each in its time zone", async () => {
  const zone = "Asia/Kolkata", tenant = { "X-Tenant-ID": "kolkata" };
  await ask("POST", "/admin/tenants", { tenant_id: "kolkata", timezone: zone });
  const other = await ask("POST", "/admin/api-keys", { label: "pages", scopes: ["read"] }, tenant);
  const at = "2026-03-01T20:15:30Z"; // there it is the next day
  await ask("POST", "/events/track", { event_type: "theirs", event_name: "n", timestamp: at }, tenant);
  const page = await browser.open_signed_in(other.api_key);
  await page.getByText("Events by type and name").waitFor();
  assert.equal(await page.locator("header .tenant").textContent(), "Tenant kolkata");
  assert.deepEqual(await page.locator(".figure dd").allTextContents(), ["1", "0", "02.03.2026, 01:45:30", "02.03.2026, 01:45:30"]);
  assert.deepEqual((await cells_of(page.getByRole("table"))).slice(1), [["theirs", "n", "1"]]);
  const own = await browser.open_signed_in(key);
  await own.getByText("Events by type and name").waitFor();
  assert.equal(await own.getByText("theirs").count(), 0);
  assert_clean(page);
  assert_clean(own);
});

test("dark, on a phone, nothing is cut off", async () => {
  const page = await browser.open_signed_in(key, "/", { colorScheme: "dark", viewport: { width: 360, height: 740 } });
  await page.getByRole("img").waitFor();
  await assert_no_sideways_scrolling(page, "Home");
  await assert_accessible(page, "Home, dark");
  const back = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await back();
  await page.getByLabel("Theme").selectOption("light");
  assert.notEqual(await back(), dark);
  await page.reload();
  await page.getByRole("img").waitFor();
  assert.notEqual(await back(), dark, "the choice is remembered");
  assert_clean(page);
});

test("the first view is small, kept by the browser, and has a policy", async () => {
  const page = await browser.open_signed_in(key);
  await page.getByRole("img").waitFor();
  let size = 0;
  for (const response of page.seen.received) {
    const path = new URL(response.url()).pathname;
    if (path !== "/" && !path.startsWith("/assets/")) continue;
    const headers = await response.allHeaders();
    assert.equal(headers["content-encoding"], "gzip", path);
    assert.match(headers["content-security-policy"], /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; .*frame-ancestors 'none'/);
    assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
    assert.equal(headers["cache-control"], path === "/" ? "no-cache" : "public, max-age=31536000, immutable", path);
    size += (await response.request().sizes()).responseBodySize;
  }
  console.log(`the first view: ${size} bytes compressed, without the answers of the API`);
  assert.ok(size > 10_000 && size < FIRST_VIEW_MAX, String(size));
  const { headers } = await fetch(URL_OF_NODE, { headers: { "Accept-Encoding": "gzip" } });
  assert.equal((await fetch(URL_OF_NODE, { headers: { "Accept-Encoding": "gzip", "If-None-Match": headers.get("etag") } })).status, 304);
  assert_clean(page);
});

test("a path that is no page is told so, and leads on", async () => {
  const page = await browser.open_signed_in(key, "/app/no/such");
  await page.getByRole("heading", { name: "Not found" }).waitFor();
  await page.getByRole("link", { name: "Go to Home" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.waitForFunction(() => document.activeElement.textContent === "Home"); // a screen reader goes on at the title
  await page.goBack();
  await page.getByRole("heading", { name: "Not found" }).waitFor();
  await assert_accessible(page, "Not found");
  assert_clean(page);
});

test("where the node fails, the place of the answer says what to do", async () => {
  const page = await browser.open_signed_in(key);
  await page.route("**/events/stats", (route) => route.fulfill({ status: 503, contentType: "application/json", body: JSON.stringify({ detail: "the store is away", code: "storage_unavailable", request_id: "r-1" }) }));
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByRole("alert").getByText("The node goes on by itself when its store is back").waitFor();
  await assert_accessible(page, "a problem");
  await page.unroute("**/events/stats");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Events by type and name").waitFor();
  await page.route("**/events/stats", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByRole("alert").getByText("Check that the node runs and that this device reaches it").waitFor();
  assert_clean(page, [/status of 503/, /net::ERR_CONNECTION_REFUSED/]);
});
