// Live events: each once, in order, through a pause, a filter and a node that is killed. pages_test.py restarts it when asked to.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ask, assert_accessible, assert_clean, assert_no_sideways_scrolling, Browser, make_key, URL_OF_NODE } from "./browser.mjs";

let browser, key;
before(async () => {
  browser = await Browser.start();
  key = await make_key("read");
});
after(() => browser.close());

const send = (event_type, ...names) => ask("POST", "/events/track/batch", { events: names.map((event_name) => ({ event_type, event_name, user_id: "ann", properties: { text: "<i>x</i>" } })) });
const names_on = (page) => page.locator("tbody tr td:nth-child(3)").allTextContents();
async function open() {
  const page = await browser.open_signed_in(key.api_key, "/app/live");
  await page.getByText("Connected.").waitFor();
  return page;
}
const is_shown = (page, name) => page.getByRole("cell", { name, exact: true }).waitFor();
const restart_node = () =>
  new Promise((resolve) => {
    process.stdin.once("data", resolve);
    console.log("restart the node");
  });
after(() => process.stdin.destroy());

test("show as they come, the newest first; a pause loses nothing, a filter shows its type alone", async () => {
  const page = await open();
  await send("view", "one", "two");
  await is_shown(page, "two");
  assert.deepEqual(await names_on(page), ["two", "one"]);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused.").waitFor();
  await send("order", "three");
  await send("view", "four");
  assert.deepEqual(await names_on(page), ["two", "one"]);
  await page.getByRole("button", { name: "Go on" }).click();
  await is_shown(page, "four");
  assert.deepEqual(await names_on(page), ["four", "three", "two", "one"]);
  await page.getByLabel("Event type").selectOption("order");
  await page.getByText("Connected.").waitFor();
  assert.deepEqual(await names_on(page), ["three"]);
  await send("view", "five");
  await send("order", "six");
  await is_shown(page, "six");
  assert.deepEqual(await names_on(page), ["six", "three"]);
  await assert_accessible(page, "Live events");
  assert_clean(page);
});

test("keep the newest 200, on a phone, in the dark", async () => {
  const page = await browser.open_signed_in(key.api_key, "/app/live", { colorScheme: "dark", viewport: { width: 360, height: 740 } });
  await page.getByText("Connected.").waitFor();
  await send("view", ...Array.from({ length: 250 }, (_, i) => `n${i}`));
  await is_shown(page, "n249");
  await page.getByText("The newest 200 are shown.").waitFor();
  const names = await names_on(page);
  assert.deepEqual([names.length, names[0], names[199]], [200, "n249", "n50"]);
  await assert_no_sideways_scrolling(page, "Live events");
  await assert_accessible(page, "Live events, dark");
  assert_clean(page);
});

test("go on where they were when the node was killed and is back", async () => {
  const page = await open();
  await send("view", "before");
  await is_shown(page, "before");
  await restart_node();
  await send("view", "after");
  await is_shown(page, "after");
  assert.deepEqual(await names_on(page), ["after", "before"]);
  assert_clean(page, [/net::ERR_/, /status of 503/]);
});

test("end with the session", async () => {
  const page = await open();
  await ask("DELETE", `/admin/api-keys/${key.key_id}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByLabel("API key").waitFor();
  await page.getByText("The API key of this session was revoked").waitFor();
  assert.equal((await page.request.get(URL_OF_NODE + "/session")).status(), 401);
  assert_clean(page, [/status of 401/]);
});
