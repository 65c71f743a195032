// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = dirname(fileURLToPath(import.meta.url));

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((f) => /\.tsx?$/.test(f) && !f.startsWith("gen/") && !/\.test\./.test(f))
  .map((f) => ({ name: f, text: readFileSync(join(src, f), "utf8") }));

/** What a file imports of ours, as paths below src/. */
function imports(f: { name: string; text: string }): string[] {
  return [...f.text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)]
    .map((m) => m[1] ?? "")
    .filter((i) => i.startsWith("@/") || i.startsWith("."))
    .map((i) => (i.startsWith("@/") ? i.slice(2) : relative(src, join(src, dirname(f.name), i))));
}

const part = (path: string) =>
  path
    .split("/")
    .slice(0, path.startsWith("features/") ? 2 : 1)
    .join("/");

/** What each part may import, besides itself. Features are composed by app and know no other. */
const allowed: Record<string, string[]> = {
  app: ["features", "ui", "lib", "gen"],
  features: ["ui", "lib", "gen"],
  ui: ["lib"],
  lib: ["gen"],
};

test.each(files.map((f) => [f.name, f] as const))("%s keeps within its walls", (_name, f) => {
  const own = part(f.name);
  const kind = f.name.split("/")[0] ?? "";
  const may = allowed[kind];
  if (may) {
    for (const i of imports(f)) {
      const target = part(i);
      const ok = target === own || may.includes(target.split("/")[0] ?? "");
      expect(ok, `${f.name} imports ${i}`).toBe(true);
    }
  }
  expect(f.text.split("\n").length, `${f.name} is too long`).toBeLessThanOrEqual(301);
  expect(f.text, `${f.name} fetches by hand`).not.toMatch(/(?<![\w.])fetch\(["'`]/);
});
