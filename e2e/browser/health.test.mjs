// Drives the pages of releases and monitors in Chromium, with what clients say over
// Sentry's protocol.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { call, dsn, marker, newPage, open, overflow, projectId, signIn, until, violations } from "./harness.mjs";

let run;
let page;
let project;
let state;
const table = () => page.getByRole("table", { name: "Monitors" });
const row = (name) => table().getByRole("row").filter({ hasText: `${marker}-${name}` });

/** Sends items in an envelope, as Sentry's SDKs do. */
async function envelope(...items) {
  const lines = ["{}", ...items.flatMap(([type, payload]) => [JSON.stringify({ type }), JSON.stringify(payload)])];
  const answer = await fetch(`${dsn.origin}/api/${projectId}/envelope/?sentry_key=${dsn.username}`, { method: "POST", body: `${lines.join("\n")}\n` });
  assert.equal(answer.status, 200);
}

const hourly = { schedule: { type: "crontab", value: "0 * * * *" }, timezone: "Europe/Berlin", checkin_margin: 5, max_runtime: 60 };
const checkIn = (name, status, environment, more = {}) => ["check_in", { check_in_id: randomUUID(), monitor_slug: `${marker}-${name}`, status, environment, ...more }];

/** Opens a page and waits until it is drawn. */
async function visit(path, p = page) {
  await p.goto(`/p/${project.slug}/${path}`);
  await p.locator("h1").first().waitFor();
  await p.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
}

before(async () => {
  run = await open();
  page = await newPage(run);
  await page.goto("/");
  await signIn(page);
  await page.waitForURL(/\/p\/[^/]+\//);
  const { projects } = await call(page, "admin.v1.ProjectService/ListProjects", {});
  project = projects.find((p) => p.id === projectId);
  state = await page.context().storageState();
});

after(async () => {
  await run?.browser.close();
});

test("a project without check-ins says how to send them", async () => {
  const { monitors = [] } = await call(page, "query.v1.QueryService/ListMonitors", { projectId });
  if (monitors.length > 0) return; // a server that was there before
  await visit("issues");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Monitors" }).click();
  await page.getByText("No job has checked in yet").waitFor();
  await page.getByRole("group", { name: "curl, around a job in a crontab" }).getByText(`/api/${projectId}/cron/nightly-backup/${dsn.username}/`).waitFor();
  assert.deepEqual(await violations(page), []);
  assert.equal(await overflow(page), 0);
});

test("monitors tell how they stand; search, state, order and environment are in the URL", async () => {
  await envelope(
    checkIn("backup", "ok", "production", { duration: 2.5, monitor_config: hourly }),
    checkIn("import", "error", "staging", { monitor_config: { schedule: { type: "interval", value: 10, unit: "minute" } } }),
    checkIn("report", "in_progress", "production"),
  );
  await until("the check-ins are stored", async () => {
    const { monitors = [] } = await call(page, "query.v1.QueryService/ListMonitors", { projectId, search: marker });
    return monitors.length === 3;
  });
  await visit(`monitors?query=${marker}`);
  await row("backup").getByText("every hour, Europe/Berlin").waitFor();
  await row("backup").getByText("OK", { exact: true }).waitFor();
  await row("backup").getByText("2.5 s").waitFor();
  await row("import").getByText("Failed", { exact: true }).waitFor();
  await row("import").getByText("every 10 minutes").waitFor();
  await row("import").getByText(/^in \d+m$/).locator("visible=true").waitFor();
  await row("report").getByText("Running", { exact: true }).waitFor();
  await row("report").getByText("no schedule told").waitFor();
  await page.getByText("3 monitors are shown, which is all that match.").waitFor();
  assert.match(await table().getByRole("row").nth(1).textContent(), /import/, "what failed is first");

  await page.getByRole("button", { name: "Monitor", exact: true }).click();
  await page.waitForURL(/by=name/);
  assert.match(await table().getByRole("row").nth(1).textContent(), /backup/);

  await page.getByRole("button", { name: "Failed 1" }).click();
  await page.waitForURL(/state=error/);
  await until("one is left", async () => (await table().getByRole("row").count()) === 2);
  await page.goBack();
  await row("backup").waitFor();

  await page.getByRole("button", { name: "Environment: All environments" }).click();
  await page.getByRole("combobox", { name: "Find an environment" }).fill("stag");
  await page.keyboard.press("Enter");
  await page.waitForURL(/env=staging/);
  await until("one is left", async () => (await table().getByRole("row").count()) === 2);
  await page.reload();
  await row("import").waitFor();
  await page.getByRole("button", { name: "Environment: staging" }).waitFor();

  await page.keyboard.press("/");
  await page.keyboard.type("nothing like this");
  await page.keyboard.press("Enter");
  await page.getByText("No monitor matches").waitFor();
  await page.getByRole("button", { name: "Show all monitors" }).click();
  await row("report").waitFor();
});

test("the page of monitors is reached from the palette", async () => {
  await visit("issues");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Page, project/ }).fill("monitors");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Monitors" }).waitFor();
});

test("release health is narrowed to an environment", async () => {
  const session = (environment, status) => ["session", { sid: randomUUID(), init: true, status, started: new Date().toISOString(), attrs: { release: `${marker}@1.0`, environment } }];
  await envelope(session("production", "ok"), session("production", "crashed"), session("canary", "ok"));
  await until("the sessions are counted", async () => {
    const { releases = [] } = await call(page, "query.v1.QueryService/ListReleaseHealth", { projectId });
    return releases.some((r) => r.release === `${marker}@1.0` && r.sessions === "3");
  });
  await visit("releases");
  const line = page.getByRole("row").filter({ hasText: `${marker}@1.0` });
  await line.getByText("66.66 %").waitFor();
  await page.getByRole("button", { name: "Environment: All environments" }).click();
  await page.getByRole("option", { name: "canary" }).click();
  await page.waitForURL(/env=canary/);
  await line.getByText("100 %").first().waitFor();
  await page.reload();
  await line.getByText("100 %").first().waitFor();
  await visit("releases?env=nowhere");
  await page.getByText("No session began in this time range in nowhere").waitFor();
});

test("both pages are free of axe violations, in both themes and on a phone", async (t) => {
  for (const kind of [{ width: 1440, theme: "light" }, { width: 1024, theme: "dark" }, { width: 390, height: 844, theme: "dark" }]) {
    const p = await newPage(run, { ...kind, state });
    for (const at of ["monitors", `monitors?query=${marker}&by=duration`, "monitors?query=nothing", "releases?env=canary"]) {
      await t.test(`${kind.theme} ${kind.width} ${at}`, async () => {
        await visit(at, p);
        assert.deepEqual(await violations(p), []);
        assert.equal(await overflow(p), 0, "the page is wider than its window");
      });
    }
    await p.context().close();
  }
});

test("nothing was written to the console as an error", () => {
  assert.deepEqual(run.complaints, []);
});
