// Runs statements and questions in one of the engines beside this file, and prints what they answered and how long each took.
//
//     node ask.mjs clickhouse|duckdb FOLDER < {"statements": [sql], "questions": {name: sql}, "runs": 5}
//
// prints {"seconds": of the statements, "answers": {name: {"rows", "cold_ms", "warm_ms"} or {"error"}}}: cold is the first run of this
// process, warm the best of the later ones.

import { readFileSync } from "node:fs";

const [name, folder] = process.argv.slice(2);
const { open } = await import(`./${name}/engine.mjs`);
const asked = JSON.parse(readFileSync(0, "utf8"));
const engine = await open(folder);

async function time(sql) {
  const began = performance.now();
  const rows = await engine.rows(sql);
  return { rows, took: performance.now() - began };
}

async function measure(sql) {
  try {
    const first = await time(sql);
    const warm = [];
    for (let i = 0; i < asked.runs; ++i) warm.push((await time(sql)).took);
    return { rows: first.rows, cold_ms: first.took, warm_ms: Math.min(...warm) };
  } catch (error) {
    return { error: String(error.message ?? error).slice(0, 500) };
  }
}

const began = performance.now();
for (const sql of asked.statements ?? []) await engine.rows(sql);
const seconds = (performance.now() - began) / 1000;
const answers = {};
for (const [question, sql] of Object.entries(asked.questions ?? {})) answers[question] = await measure(sql);
await engine.close();
console.log(JSON.stringify({ seconds, answers }));
