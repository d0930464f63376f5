// Holds an OpenAPI document against the structure of OpenAPI 3.1, and requests, answers and examples against the document.
// Use: node validate.mjs FILE, where FILE is {"document": ..., "samples": [{"path", "method", "request", "status", "type", "body"}]}.
// Prints a line per fault; ends with 1 where there is one.

import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const { document, samples } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const faults = [];

const structure = await new Validator().validate(structuredClone(document));
if (!structure.valid) faults.push(`structure: ${JSON.stringify(structure.errors)}`);
if (document.openapi !== "3.1.0") faults.push(`openapi is ${document.openapi}`);

// Strict: a keyword that JSON Schema does not know is a mistake of ours.
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addVocabulary(["components"]);
addFormats(ajv);

function resolved(value) {
  while (value && value.$ref) value = value.$ref.slice(2).split("/").reduce((at, part) => at[part], document);
  return value;
}

const compiled = new Map();
function check(schema, value, what) {
  const key = JSON.stringify(schema);
  try {
    if (!compiled.has(key)) compiled.set(key, ajv.compile({ ...schema, components: { schemas: document.components.schemas } }));
  } catch (why) {
    faults.push(`${what}: the schema is wrong: ${why.message}`);
    return;
  }
  const validate = compiled.get(key);
  if (!validate(value)) faults.push(`${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 500)}`);
}

const ids = new Set();
for (const [path, methods] of Object.entries(document.paths))
  for (const [method, operation] of Object.entries(methods)) {
    const what = `${method} ${path}`;
    if (!operation.operationId || ids.has(operation.operationId)) faults.push(`${what}: has no operationId of its own`);
    ids.add(operation.operationId);
    for (const [status, response] of Object.entries(operation.responses))
      for (const [type, content] of Object.entries(resolved(response).content ?? {})) {
        if (!content.schema) faults.push(`${what} ${status} ${type}: has no schema`);
        else if ("example" in content) check(content.schema, content.example, `${what} ${status}, the example`);
      }
    for (const [type, content] of Object.entries(operation.requestBody?.content ?? {}))
      if (!("example" in content)) faults.push(`${what}: its body has no example of ${type}`);
    for (const status of ["429", "503"])
      if (operation.responses[status] && !resolved(operation.responses[status]).headers?.["Retry-After"]) faults.push(`${what} ${status}: has no Retry-After`);
  }

for (const sample of samples) {
  const operation = document.paths[sample.path]?.[sample.method];
  const what = `${sample.method} ${sample.path} ${sample.status}`;
  if (!operation) {
    faults.push(`${what}: is not in the document`);
    continue;
  }
  if (sample.status === 200 && sample.request !== null) check(operation.requestBody.content["application/json"].schema, sample.request, `${what}, a request that was taken`);
  const response = resolved(operation.responses[String(sample.status)] ?? operation.responses.default);
  const content = response.content?.[sample.type];
  if (!content) faults.push(`${what}: the document knows no ${sample.type}`);
  else check(content.schema, sample.body, what);
}

for (const fault of faults) console.log(fault);
console.log(`${ids.size} operations, ${samples.length} samples, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
