// A node that needs no credential: its pages need none either.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ask, assert_clean, Browser, make_key } from "./browser.mjs";

let browser;
before(async () => (browser = await Browser.start()));
after(() => browser.close());

test("shows its pages at once", async () => {
  await ask("POST", "/events/track", { event_type: "view", event_name: "n" });
  const page = await browser.open();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  assert.equal(await page.locator("header .tenant").textContent(), "Tenant default");
  assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  await page.getByText("Events by type and name").waitFor();
  assert_clean(page);
});

test("takes a session all the same, and forgets it when it is over", async () => {
  const { api_key } = await make_key("read");
  const page = await browser.open();
  const sign_in = (headers) => page.evaluate(async ([key, more]) => (await fetch("/session", { method: "POST", headers: more, body: JSON.stringify({ api_key: key }) })).json(), [api_key, headers]);
  assert.equal((await sign_in({})).signed_in, true);
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await page.context().addCookies([{ name: "dotmac_session", value: "a.b.c", url: page.url() }]);
  await page.reload();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  assert_clean(page);
});
