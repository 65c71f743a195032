// What the browser tests share: a browser, a signed-in page that notes every
// console error, a way to call the API as that person, and axe.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The libraries are the dashboard's.
const require = createRequire(new URL("../../dashboard/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; these tests drive a running server, see README.md beside them`);
  return value;
}

export const url = needed("FAULTLINE_URL").replace(/\/$/, "");
export const email = needed("FAULTLINE_EMAIL");
export const password = needed("FAULTLINE_PASSWORD");
export const dsn = new URL(needed("FAULTLINE_DSN"));
export const bin = needed("FAULTLINE_BIN");
export const projectId = Number(dsn.pathname.split("/").at(-1));

/** Words that only this run's events carry. */
export const marker = `run${Date.now().toString(36)}`;

export async function open() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  return { browser, complaints: [] };
}

/** A new window. What it writes to the console as an error ends up in complaints. */
export async function newPage(run, { width = 1440, height = 900, theme = "light", state } = {}) {
  const context = await run.browser.newContext({ viewport: { width, height }, colorScheme: theme, storageState: state, baseURL: url });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("console", (m) => {
    if (m.type() !== "error") return;
    // A wrong password and a query that cannot be read are answered with 401 and
    // 400, which Chromium reports by itself.
    if (/status of 40[01] /.test(m.text())) return;
    run.complaints.push(`${page.url()}: ${m.text()}`);
  });
  page.on("pageerror", (e) => run.complaints.push(`${page.url()}: ${e.stack ?? e.message}`));
  return page;
}

export async function signIn(page) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Calls the API with the page's session, as the dashboard does. */
export async function call(page, method, input) {
  const answer = await page.request.post(`${url}/faultline.${method}`, {
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    data: input,
  });
  if (!answer.ok()) throw new Error(`${method}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Sends events over REST and returns when they are stored. */
export async function send(events, to = dsn) {
  const project = to.pathname.split("/").at(-1);
  const answer = await fetch(`${to.origin}/api/v1/projects/${project}/events:batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${to.username}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  const body = await answer.json();
  const lost = body.results?.filter((r) => r.outcome !== "OUTCOME_STORED");
  if (!answer.ok || !body.results || lost.length > 0) throw new Error(`events were not stored: ${answer.status} ${JSON.stringify(body)}`);
  return body.results.map((r) => r.eventId);
}

/** Asks until the answer is yes, for what the server does a moment later. */
export async function until(what, ask, within = 20_000) {
  const end = Date.now() + within;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`gave up waiting until ${what}`);
    await new Promise((r) => setTimeout(r, 200));
  }
}

/**
 * The rules that axe finds broken on the page at rest: while something fades
 * in, its colours are not yet those that people read.
 */
export async function violations(page) {
  await page.evaluate(axe);
  await page.evaluate(async () => {
    const moving = () => document.getAnimations().filter((a) => a.playState === "running" && a.effect.getComputedTiming().endTime !== Infinity);
    while (moving().length > 0) await Promise.allSettled(moving().map((a) => a.finished));
  });
  const { violations: found } = await page.evaluate(() => window.axe.run());
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(" | ")}`);
}

/** How far the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
