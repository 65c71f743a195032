// Holds the size of what a browser must load before a page works, gzipped, to a
// budget: the entry with its style and fonts for each first page, and each
// further page and lazy part by itself.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const kB = 1000;
const budget = { first: 300 * kB, route: 60 * kB, lazy: 250 * kB };

const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

/** Every file that loading a chunk brings with it, without what is lazy. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const next of manifest[name].imports ?? []) closure(next, seen);
  return seen;
}

function files(names) {
  const all = new Set();
  for (const n of names) {
    all.add(manifest[n].file);
    for (const css of manifest[n].css ?? []) all.add(css);
  }
  return all;
}

const sum = (set) => [...set].reduce((n, f) => n + size(f), 0);
const entry = Object.keys(manifest).find((k) => manifest[k].isEntry);
const first = files(closure(entry));
const fonts = Object.values(manifest)
  .flatMap((c) => c.assets ?? [])
  .filter((f) => f.endsWith(".woff2"));
const rows = [];
let over = false;
const row = (what, bytes, limit) => {
  const bad = bytes > limit;
  over ||= bad;
  rows.push(
    `${bad ? "OVER " : "     "}${(bytes / kB).toFixed(1).padStart(7)} kB of ${String(limit / kB).padStart(3)}  ${what}`,
  );
};

const routes = manifest[entry].dynamicImports ?? [];
for (const r of routes.filter((r) => r.includes("src/features/"))) {
  const all = new Set([...first, ...files(closure(r))]);
  row(`first load at ${r.replace("src/features/", "").replace(/\.tsx$/, "")}`, sum(all), budget.first);
  row(`  of which the page itself`, sum(all) - sum(first), budget.route);
}
row("every page: entry and style", sum(first), budget.first);
rows.push(
  `     ${(fonts.reduce((n, f) => n + size(f), 0) / kB).toFixed(1).padStart(7)} kB          fonts, loaded beside it and swapped in`,
);
const lazy = Object.keys(manifest).filter((k) => manifest[k].isDynamicEntry && !k.includes("src/features/"));
for (const l of lazy)
  row(
    `lazy ${l.replace(/^.*node_modules\//, "")}`,
    sum([...files(closure(l))].filter((f) => !first.has(f))),
    budget.lazy,
  );

console.log(rows.join("\n"));
if (over) {
  console.error("over budget");
  process.exit(1);
}
