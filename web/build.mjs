// Makes one C++ source file of the pages: every module that app.js imports, the style, the icon and the document, compressed.
// Use: node build.mjs OUTPUT.cpp
//
// Names hold a hash of the content, and imports are rewritten to these names: browsers keep such files for good, and no import map, which would have to stand inside the document, is needed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { init, parse } from "es-module-lexer";

const HERE = dirname(fileURLToPath(import.meta.url));
const STYLES = ["node_modules/uplot/dist/uPlot.min.css", "style/base.css", "style/frame.css", "style/parts.css", "style/chart.css"];
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };

/** @type {{name: string, type: string, hash: string, content: Buffer}[]} */
const files = [];
/** Path of a module to its name among the assets; while it is being read: null. @type {Map<string, string | null>} */
const names = new Map();

/** @param {string} stem @param {keyof typeof TYPES} kind @param {string} text @returns {string} its name */
function add(stem, kind, text) {
  const content = Buffer.from(text);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const name = stem && `${stem}-${hash}.${kind}`;
  files.push({ name, type: TYPES[kind], hash, content });
  return name;
}

/** Where Node.js finds it, but a module for browsers where the package says one beside one for Node.js. @param {string} specifier @param {string} from */
function locate(specifier, from) {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  const manifest = join(HERE, "node_modules", specifier, "package.json");
  if (existsSync(manifest)) {
    const { exports, module } = JSON.parse(readFileSync(manifest, "utf8"));
    if (!exports && module) return join(dirname(manifest), module);
  }
  return fileURLToPath(import.meta.resolve(specifier));
}

/** Of the package, not of the file: that is often "index". @param {string} path */
function stem_of(path) {
  const inside = path.split("node_modules/")[1];
  return inside ? inside.split("/").filter((part) => !["dist", "src"].includes(part)).slice(0, -1).join("-") : basename(path, ".js");
}

/** Adds the module and all that it imports, which come first: their names stand in it. @param {string} path @returns {string} */
function add_module(path) {
  const known = names.get(path);
  if (known) return known;
  if (known === null) throw new Error(`${path}: imports itself by way of others`);
  names.set(path, null);
  const source = readFileSync(path, "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
  let text = "";
  let at = 0;
  for (const { type, specifier, start, end } of parse(source, path)[0]) {
    if (type === "import-meta") continue;
    if (type === "dynamic" || !specifier) throw new Error(`${path}: imports what is known only at run time`);
    text += source.slice(at, start) + "./" + add_module(locate(specifier, path));
    at = end;
  }
  const name = add(stem_of(path), "js", text + source.slice(at));
  names.set(path, name);
  return name;
}

/** @param {Buffer} data */
const literal = (data) => `"${Array.from(data, (byte) => "\\" + byte.toString(8).padStart(3, "0")).join("")}"`;

await init;
const script = add_module(join(HERE, "app.js"));
const style = add("style", "css", STYLES.map((each) => readFileSync(join(HERE, each), "utf8").trim()).join("\n") + "\n");
const icon = add("icon", "svg", readFileSync(join(HERE, "icon.svg"), "utf8"));
const preloads = [...names.values()].filter((name) => name !== script).map((name) => `<link rel="modulepreload" href="/assets/${name}">`).join("\n");
/** @type {Record<string, string>} */
const values = { script: `/assets/${script}`, style: `/assets/${style}`, icon: `/assets/${icon}`, preloads };
add("", "html", readFileSync(join(HERE, "index.html"), "utf8").replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]));

files.sort((a, b) => (a.name < b.name ? -1 : 1)); // the document has no name and comes first
const entries = files.map(({ name, type, hash, content }) => {
  const gzipped = gzipSync(content, { level: 9 });
  return `    page_file{"${name}", "${type}", "${hash}", ${content.length}, {${literal(gzipped)}, ${gzipped.length}}},\n`;
});
writeFileSync(process.argv[2], `// Made by web/build.mjs.\n#include "api/page_files.hpp"\n\nnamespace dotmac {\nnamespace {\nconstexpr page_file all_of_them[]{\n${entries.join("")}};\n}\nstd::span<const page_file> page_files() { return all_of_them; }\n}\n`);
