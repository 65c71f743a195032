// Takes pictures of pages in Chromium, and tells of console errors and axe violations:
//   node dev/shots.mjs OUT_DIR [page ...]   with BASE=http://localhost:5173
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const base = process.env.BASE ?? "http://localhost:5173";
const [out = "shots", ...only] = process.argv.slice(2);
const widths = (process.env.WIDTHS ?? "1440,1024,390").split(",").map(Number);
const themes = (process.env.THEMES ?? "light,dark").split(",");
const wait = Number(process.env.WAIT ?? 0);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(out, { recursive: true });

const pages = {
  "sign-in": "/sign-in",
  issues: "/p/web/issues",
  "issues-little": "/p/worker/issues",
  "issues-all": "/issues",
  "issues-all-no-match": "/issues?query=nothinglikethis",
  "issues-none": "/p/fresh/issues",
  "issues-no-match": "/p/web/issues?query=nothinglikethis",
  "issues-error": "/p/broken/issues",
  "issues-slow": "/p/slow/issues",
  "issues-invalid": "/p/web/issues?query=%22unclosed",
  issue: "/p/web/issues/WEB-240",
  "issue-js": "/p/web/issues/WEB-237",
  "issue-message": "/p/web/issues/WEB-232",
  "issue-events": "/p/web/issues/WEB-240?view=events",
  "issue-missing": "/p/web/issues/WEB-9999",
  tail: "/p/web/tail",
  alerts: "/p/web/alerts",
  "alerts-none": "/p/worker/alerts",
  "alerts-error": "/p/broken/alerts",
  deliveries: "/p/web/alerts?tab=deliveries",
  rule: "/p/web/alerts/r1",
  "rule-new": "/p/web/alerts/new",
  releases: "/p/web/releases",
  "releases-none": "/p/fresh/releases",
  "releases-error": "/p/broken/releases",
  "releases-environment": "/p/web/releases?env=staging",
  monitors: "/p/worker/monitors",
  "monitors-many": "/p/web/monitors",
  "monitors-missed": "/p/web/monitors?state=missed&by=name",
  "monitors-no-match": "/p/web/monitors?query=nothing&env=staging",
  "monitors-none": "/p/fresh/monitors",
  "monitors-error": "/p/broken/monitors",
  "monitors-slow": "/p/slow/monitors",
  outcomes: "/p/web/outcomes",
  "outcomes-none": "/p/fresh/outcomes",
  keys: "/p/web/settings",
  grouping: "/p/web/settings?section=grouping",
  filters: "/p/web/settings?section=filters",
  scrubbing: "/p/web/settings?section=scrubbing",
  tokens: "/p/web/settings?section=tokens",
  members: "/p/web/settings?section=members",
  setup: "/p/fresh/setup",
  "setup-done": "/p/web/setup?platform=curl",
  "not-found": "/p/nowhere/issues",
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let bad = 0;
for (const [name, path] of Object.entries(pages)) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const width of widths) {
    for (const theme of themes) {
      const context = await browser.newContext({
        viewport: { width, height: width < 600 ? 844 : 900 },
        colorScheme: theme,
      });
      const page = await context.newPage();
      page.on("console", (m) => {
        if (m.type() !== "error" || (/Failed to load resource/.test(m.text()) && /error|missing|invalid/.test(name)))
          return;
        bad++;
        console.log(`${name} ${width} ${theme}: console: ${m.text().slice(0, 400)}`);
      });
      page.on("pageerror", (e) => {
        bad++;
        console.log(`${name} ${width} ${theme}: page error: ${e.message.slice(0, 400)}`);
      });
      await page.goto(base + path);
      if (name.includes("slow")) await page.waitForTimeout(1200);
      else await page.waitForLoadState("networkidle", { timeout: 4000 }).catch(() => {});
      if (name.includes("error"))
        await page
          .getByRole("alert")
          .first()
          .waitFor({ timeout: 15000 })
          .catch(() => {});
      await page.waitForTimeout(wait || 500);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (overflow > 0) {
        bad++;
        console.log(`${name} ${width}: page is ${overflow} px too wide`);
      }
      if (process.env.AXE !== "0") {
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        for (const v of violations) {
          bad++;
          console.log(
            `${name} ${width} ${theme}: axe ${v.id}: ${v.nodes
              .slice(0, 3)
              .map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ""}`)
              .join(" | ")}`,
          );
        }
      }
      await page.screenshot({ path: `${out}/${name}-${width}-${theme}.png`, fullPage: process.env.FULL === "1" });
      await context.close();
    }
  }
}
await browser.close();
console.log(bad === 0 ? "nothing to complain about" : `${bad} complaints`);
