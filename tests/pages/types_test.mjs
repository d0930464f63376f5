// The types of the pages' scripts hold; and the checker finds where they do not.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { WEB } from "./browser.mjs";

/** @param {string[]} words */
const check = (...words) => spawnSync(process.execPath, [join(WEB, "node_modules/typescript/bin/tsc"), "--noEmit", ...words], { cwd: WEB, encoding: "utf8" });

test("tsc finds nothing", () => {
  const done = check();
  assert.equal(done.status, 0, done.stdout);
});

test("tsc finds a call with the wrong type", () => {
  const folder = mkdtempSync(join(tmpdir(), "dotmac-types-"));
  try {
    writeFileSync(join(folder, "wrong.js"), `import { format_bucket } from "${WEB}/lib/format.js";\nformat_bucket("2026-01-01", 7, "UTC");\n`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: join(WEB, "tsconfig.json"), include: ["wrong.js"] }));
    const done = check("-p", folder);
    assert.notEqual(done.status, 0);
    assert.match(done.stdout, /wrong\.js\(2,29\): error TS2345/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
