// A real browser before a real node. What a page must never do is looked at all the time: errors in the console, requests that leave the node.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const WEB = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "web");
const of_web = createRequire(join(WEB, "package.json"));

/** Where the node is, and a token that may do all: given by pages_test.py. */
export const URL_OF_NODE = process.env.DOTMAC_TEST_URL;
const TOKEN = process.env.DOTMAC_TEST_TOKEN;

/** Of the API, as a program calls it. */
export async function ask(method, path, body, headers = {}) {
  const who = TOKEN ? { Authorization: `Bearer ${TOKEN}`, "X-Tenant-ID": "acme" } : { "X-Tenant-ID": "default" };
  const response = await fetch(URL_OF_NODE + path, { method, headers: { ...who, ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

export const make_key = (...scopes) => ask("POST", "/admin/api-keys", { label: "pages", scopes });

export class Browser {
  static async start() {
    const { chromium } = of_web("playwright-core");
    const made = new Browser();
    made.process = await chromium.launch({ executablePath: "/usr/bin/chromium", args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
    return made;
  }
  /** A person with a browser of his own: no cookies yet. */
  async open(path = "/", options = {}) {
    const context = await this.process.newContext({ locale: "de-DE", timezoneId: "America/New_York", colorScheme: "light", ...options });
    const page = await context.newPage();
    const seen = { errors: [], foreign: [], received: [] };
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.errors.push(message.text()));
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    context.on("request", (request) => !request.url().startsWith(URL_OF_NODE + "/") && !request.url().startsWith("data:") && seen.foreign.push(request.url()));
    page.on("response", (response) => seen.received.push(response));
    await page.goto(URL_OF_NODE + path);
    return Object.assign(page, { seen });
  }
  async open_signed_in(key, path = "/", options = {}) {
    const page = await this.open(path, options);
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation").waitFor();
    return page;
  }
  close() {
    return this.process.close();
  }
}

/** Nothing in the console but what is expected, and no request to anybody else. */
export function assert_clean(page, expected = []) {
  const errors = page.seen.errors.filter((each) => !expected.some((one) => one.test(each)));
  assert.deepEqual(errors, []);
  assert.deepEqual(page.seen.foreign, []);
}

/** No finding of axe-core that is serious or critical. */
export async function assert_accessible(page, what) {
  await page.evaluate(readFileSync(of_web.resolve("axe-core"), "utf8") + ";0");
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const bad = violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" | ")}`);
  assert.deepEqual(bad, [], what);
}

export async function assert_no_sideways_scrolling(page, what) {
  const [wanted, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wanted <= there, `${what}: ${wanted} wide, ${there} there`);
}

/** As the pages write numbers for this reader. */
export const in_german = (number) => new Intl.NumberFormat("de-DE").format(number);
