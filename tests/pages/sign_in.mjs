// Signing in and out; what is refused.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ask, assert_accessible, assert_clean, assert_no_sideways_scrolling, Browser, make_key, URL_OF_NODE } from "./browser.mjs";

const REFUSED = [/status of 40[13]/]; // browsers tell of refused calls in the console

let browser;
before(async () => (browser = await Browser.start()));
after(() => browser.close());

test("with the keyboard alone, in either theme, on a phone", async () => {
  const { api_key } = await make_key("read");
  for (const options of [{ colorScheme: "light" }, { colorScheme: "dark", viewport: { width: 360, height: 740 } }]) {
    const page = await browser.open("/", options);
    await page.getByLabel("API key").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "api-key", "the field has the focus");
    await assert_accessible(page, "sign-in");
    await assert_no_sideways_scrolling(page, "sign-in");
    await page.keyboard.type(api_key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Home" }).waitFor();
    await page.waitForFunction(() => document.activeElement.textContent === "Home"); // a screen reader goes on at the title
    const [{ name, value }] = await page.context().cookies();
    for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement.textContent)) !== "Sign out"; ++i) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("You are signed out.").waitFor();
    assert.deepEqual(await page.context().cookies(), []);
    assert.equal((await fetch(URL_OF_NODE + "/events/stats", { headers: { Cookie: `${name}=${value}` } })).status, 401, "a copy of the cookie is over too");
    assert_clean(page);
  }
});

test("the cookie is out of reach for scripts and other sites", async () => {
  const page = await browser.open_signed_in((await make_key("read")).api_key);
  const [cookie, ...others] = await page.context().cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path, others.length], ["dotmac_session", true, "Strict", "/", 0]);
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.equal(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage])), "[{},{}]");
  await page.reload();
  await page.getByRole("navigation").waitFor();
  assert_clean(page);
});

test("a wrong key and one that may not read are told what to do", async () => {
  const page = await browser.open();
  for (const [key, told] of [["nonsense", "Check that the whole key was copied"], ["dma.acme.0123.4567", "Check that the whole key was copied"], [(await make_key("ingest")).api_key, "they need a key with the scope read"]]) {
    await page.getByLabel("API key").fill(key);
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText(told).waitFor();
    await assert_accessible(page, told);
  }
  assert.deepEqual(await page.context().cookies(), []);
  assert_clean(page, REFUSED);
});

test("a revoked key ends its sessions at once, and no other", async () => {
  const [gone, kept] = [await make_key("read"), await make_key("read")];
  const pages = [await browser.open_signed_in(gone.api_key), await browser.open_signed_in(kept.api_key)];
  await ask("DELETE", `/admin/api-keys/${gone.key_id}`);
  for (const page of pages) await page.getByRole("button", { name: /Refresh|Look again/ }).click();
  await pages[0].getByText("The API key of this session was revoked").waitFor();
  await pages[0].getByLabel("API key").waitFor();
  await pages[0].reload();
  await pages[0].getByLabel("API key").waitFor();
  await pages[1].getByRole("button", { name: /Refresh|Look again/ }).click();
  assert.equal((await pages[1].request.get(URL_OF_NODE + "/events/stats")).status(), 200);
  assert_clean(pages[0], REFUSED);
  assert_clean(pages[1]);
});

test("what other pages send with the cookie is refused", async () => {
  const page = await browser.open_signed_in((await make_key("read", "write", "ingest")).api_key);
  const [{ name, value }] = await page.context().cookies();
  const own = { Cookie: `${name}=${value}`, "X-Requested-With": "dotmac-analytics", Origin: URL_OF_NODE };
  const status_of = async (method, path, headers, body) => {
    const response = await fetch(URL_OF_NODE + path, { method, headers, body });
    const answer = await response.json();
    return response.status === 200 ? 200 : [response.status, answer.code, answer.field];
  };
  const event = JSON.stringify({ event_type: "forged", event_name: "n" });
  const { "X-Requested-With": _, ...without } = own;
  assert.equal(await status_of("GET", "/events/stats", without), 200);
  assert.deepEqual(await status_of("POST", "/events/track", without, event), [403, "forbidden", "X-Requested-With"]);
  assert.deepEqual(await status_of("DELETE", "/session", without), [403, "forbidden", "X-Requested-With"]);
  for (const origin of ["https://evil.example", URL_OF_NODE.replace(/\d+$/, "1"), "null"])
    for (const [method, path, body] of [["POST", "/events/track", event], ["GET", "/events/stats"], ["GET", "/events/live"], ["POST", "/session", "{}"]])
      assert.deepEqual(await status_of(method, path, { ...own, Origin: origin }, body), [403, "forbidden", "Origin"], `${origin} ${path}`);
  assert.deepEqual(await status_of("GET", "/events/stats", { ...own, "X-Tenant-ID": "other" }), [403, "forbidden", "X-Tenant-ID"]);
  assert.deepEqual(await status_of("GET", "/events/stats", { Authorization: `Bearer ${value}` }), [401, "unauthorized", "authorization"], "a session is no token");
  assert.deepEqual(await status_of("GET", "/admin/api-keys", own), [403, "forbidden", undefined], "its scopes are those of the key");
  assert.equal(await status_of("POST", "/events/track", own, event), 200);
  assert.equal((await ask("POST", "/events/query", { event_type: "forged" })).total, 1, "the refused ones had no effect");
});
