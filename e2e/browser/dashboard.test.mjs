// Drives the dashboard of a running server in Chromium.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { markup, message, wrapped } from "./events.mjs";
import { bin, call, dsn, marker, newPage, open, overflow, projectId, send, signIn, until, url, violations } from "./harness.mjs";

let run;
let page;
let state;
let project;
const query = `is:unresolved ${marker}`;
const list = () => `/p/${project.slug}/issues?query=${encodeURIComponent(query)}`;
const rows = (p = page) => p.getByRole("table", { name: "Issues" }).getByRole("row").filter({ has: p.getByRole("link") });
const main = (p = page) => p.locator("main");

before(async () => {
  run = await open();
  await send([wrapped(0), wrapped(1), wrapped(2)]);
  await send([message("stock is low", "LEVEL_WARNING"), message("flag service is away"), markup()]);
});

after(async () => {
  await run?.browser.close();
});

test("signing in brings back to the page that was asked for; a wrong password says so", async () => {
  page = await newPage(run);
  await page.goto("/issues/DOES-NOT-MATTER-1");
  await page.getByRole("heading", { name: "Sign in to Faultline" }).waitFor();
  assert.deepEqual(await violations(page), []);

  await page.getByLabel("E-mail").fill("nobody@example.com");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("E-mail or password is wrong.").waitFor();

  await page.goto("/?from=outside");
  await page.waitForURL(/sign-in/);
  await signIn(page);
  await page.waitForURL(/\/p\/[^/]+\/issues/);
  const { projects } = await call(page, "admin.v1.ProjectService/ListProjects", {});
  project = projects.find((p) => p.id === projectId);
  assert.ok(project, "the project of FAULTLINE_DSN is not one that this person sees");
  state = await page.context().storageState();
});

test("the list shows what was sent; search and order are in the URL", async () => {
  await page.goto(list());
  await until("four issues are listed", async () => (await rows().count()) === 4);
  await rows().filter({ hasText: `*checkout.${marker}Error` }).getByText("fatal").waitFor();

  await page.getByLabel("Search issues").fill(`${query} level:warning`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/level%3Awarning|level:warning/);
  await until("one issue is listed", async () => (await rows().count()) === 1);
  await page.goBack();
  await until("all are listed again", async () => (await rows().count()) === 4);

  await page.getByRole("button", { name: "Events" }).click();
  await page.waitForURL(/sort=events/);
  await until("the most frequent is first", async () => (await rows().first().textContent())?.includes(`*checkout.${marker}Error`));

  await page.goto(`/p/${project.slug}/issues?query=${encodeURIComponent('"unclosed')}`);
  await page.getByText("This search cannot be read").waitFor();
});

test("an issue opens by keyboard and answers what, where, who and since when", async () => {
  await page.goto(`${list()}&sort=events`);
  await rows().first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `*checkout.${marker}Error` }).waitFor();
  await main().getByRole("link", { name: "checkout/service.go:112" }).waitFor();
  await main().getByText("2 frames from net/http").waitFor();
  await main().getByRole("group", { name: "Source at checkout/service.go:112" }).getByText("s.open()").waitFor();
  await main().getByText("Caused by").waitFor();
  await main().getByText("signed in").waitFor();
  await main().getByText("https://shop.example/api/checkout").first().waitFor();

  await main().getByRole("button", { name: "1 variable" }).click();
  await main().getByText("ord_8123").waitFor();
  await main().getByRole("button", { name: "Why is this grouped here" }).click();
  await main().getByText("Fingerprint", { exact: false }).waitFor();
  await main().locator("#raw").getByRole("button", { name: "Show" }).click();
  await main().getByRole("group", { name: "Raw JSON of this event" }).getByText('"eventId"').first().waitFor();
});

test("one goes from event to event, and a tag leads to its events", async () => {
  await page.getByRole("button", { name: "Older event" }).click();
  await page.waitForURL(/event=[0-9a-f]{32}/);
  const older = page.url();
  await main().locator(`[data-tip="${new URL(older).searchParams.get("event")}"]`).waitFor();
  await page.keyboard.press("k");
  await until("another event is shown", async () => page.url() !== older);
  await page.getByRole("complementary", { name: "About this issue" }).getByRole("button", { name: /us-east/ }).click();
  await page.waitForURL(/view=events/);
  await until("one event is listed", async () => (await main().locator("tbody tr").filter({ has: page.getByRole("link") }).count()) === 1);
});

test("e resolves, z takes it back, and the server agrees each time", async () => {
  await page.goto(`${list()}&sort=events`);
  await rows().first().waitFor();
  const status = async () => {
    const { issues } = await call(page, "query.v1.QueryService/ListIssues", { projectId, query: `error.type:*checkout.${marker}Error` });
    return issues[0].status;
  };
  await page.keyboard.press("j");
  await page.keyboard.press("e");
  await page.getByText(/^Resolved /).waitFor();
  await until("the row is gone", async () => (await rows().filter({ hasText: "checkout." }).count()) === 0);
  await until("the server knows", async () => (await status()) === "resolved");
  await page.keyboard.press("z");
  await rows().filter({ hasText: "checkout." }).waitFor();
  await until("the server knows", async () => (await status()) === "unresolved");
});

test("several issues are selected, assigned and archived at once", async () => {
  await page.goto(list());
  await rows().first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  const bar = page.getByRole("toolbar", { name: "Selected issues" });
  await bar.getByText("2 selected").waitFor();
  await page.keyboard.press("a");
  await page.getByRole("combobox", { name: "Assign to" }).waitFor();
  await page.getByRole("option", { name: /you$/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText(/^Assigned 2 issues/).waitFor();
  await bar.getByRole("button", { name: "Archive" }).click();
  await page.getByText(/^Archived 2 issues/).waitFor();
  await until("two are left", async () => (await rows().count()) === 2);
  await page.getByRole("button", { name: "Undo" }).last().click();
  await until("all are back", async () => (await rows().count()) === 4);
});

test("markup in an event stays text", async () => {
  await page.goto(`/p/${project.slug}/issues?query=${encodeURIComponent(`error.type:${marker}Markup`)}`);
  await rows().first().getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: `${marker}Markup` }).waitFor();
  await main().locator("#breadcrumbs").getByRole("button", { name: "1 more" }).click();
  await main().locator("#raw").getByRole("button", { name: "Show" }).click();
  await page.getByRole("complementary", { name: "About this issue" }).getByText("<u>tag</u>").first().waitFor();
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.equal(await page.locator("main img, main script").count(), 0);
});

test("the set-up page of a new project turns green when the first event arrives", async () => {
  await page.keyboard.press("p");
  await page.getByRole("button", { name: "New project" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`Browser ${marker}`);
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("heading", { name: `Send events to Browser ${marker}` }).waitFor();
  await page.getByText("Waiting for the first event").waitFor();
  await page.getByRole("link", { name: "faultline send" }).click();
  const own = (await page.locator("section", { has: page.getByRole("heading", { name: "DSN" }) }).locator("code").first().textContent()).trim();
  assert.match(own, /^https?:\/\/[0-9a-f]{32}@/);
  await main().getByRole("group", { name: "Send an event from a shell or a script" }).getByText(own).waitFor();
  assert.deepEqual(await violations(page), []);

  const target = new URL(own);
  target.host = dsn.host;
  await promisify(execFile)(bin, ["send", "--dsn", target.href, "--message", `hello ${marker}`]);
  await page.getByText("An event arrived and is stored").waitFor();
  await page.getByRole("link", { name: "Open the issue" }).click();
  await page.getByRole("heading", { level: 1, name: `hello ${marker}` }).waitFor();
});

test("all projects are one list; rows tell their project and open in it", async () => {
  await page.goto(list());
  await rows().first().waitFor();
  await page.keyboard.press("p");
  await page.getByRole("option", { name: "All projects" }).click();
  await page.waitForURL((u) => u.pathname === "/issues");
  await page.getByLabel("Search issues").fill(query);
  await page.keyboard.press("Enter");
  await until("the issues of both projects are listed", async () => (await rows().count()) === 5);
  await rows().filter({ hasText: `hello ${marker}` }).getByRole("cell", { name: `browser-${marker}`, exact: true }).waitFor();
  await rows().filter({ hasText: "checkout." }).getByRole("cell", { name: project.slug, exact: true }).waitFor();

  await page.getByRole("button", { name: "Events" }).click();
  await page.waitForURL(/sort=events/);
  await page.reload();
  await until("the same is shown again", async () => (await rows().count()) === 5);
  await until("the most frequent is first", async () => (await rows().first().textContent())?.includes(`*checkout.${marker}Error`));
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL((u) => u.pathname.startsWith(`/p/${project.slug}/issues/`));
  await page.getByRole("heading", { level: 1, name: `*checkout.${marker}Error` }).waitFor();
  await page.keyboard.press("u");
  await page.waitForURL((u) => u.pathname === "/issues");
  await rows().filter({ hasText: `hello ${marker}` }).getByRole("link").click();
  await page.waitForURL((u) => u.pathname.startsWith(`/p/browser-${marker}/issues/`));
  await page.getByRole("heading", { level: 1, name: `hello ${marker}` }).waitFor();

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Page, project/ }).fill("All projects");
  await page.keyboard.press("Enter");
  await page.waitForURL((u) => u.pathname === "/issues");
  await page.goto("/");
  await page.waitForURL((u) => u.pathname === "/issues");
  await page.getByRole("button", { name: "Environment: All environments" }).click();
  await page.getByRole("combobox", { name: "Type an environment" }).fill("nowhere");
  await page.getByRole("option", { name: "nowhere" }).click();
  await page.waitForURL(/env=nowhere/);
  await page.getByText("Nothing is unresolved").waitFor();
});

test("the live tail shows an event that arrives", async () => {
  await page.goto(`/p/${project.slug}/tail?query=${marker}`);
  await page.getByText("Waiting for events").waitFor();
  await page.getByText(/^Following/).waitFor();
  await until("the event is shown", async () => {
    await send([message("seen in the tail")]);
    return page.getByRole("log").getByText("seen in the tail").first().isVisible();
  });
});

test("an alert rule is made, read as a sentence, switched off and deleted", async () => {
  await page.goto(`/p/${project.slug}/alerts`);
  await page.getByRole("link", { name: "New rule" }).first().click();
  await page.getByLabel("Name").fill(`Rule ${marker}`);
  await page.getByLabel("Matching").fill("level:fatal");
  await page.getByLabel("Notify").fill("oncall@example.com");
  await page.getByRole("button", { name: "Create rule" }).click();
  const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: `Rule ${marker}` }) });
  await card.getByText("a new issue appears").waitFor();
  await card.getByRole("switch").click();
  await card.getByText("off", { exact: true }).waitFor();
  await card.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete rule" }).click();
  await page.getByText(`Deleted Rule ${marker}`).waitFor();
  await until("it is gone", async () => (await card.count()) === 0);
});

test("keys and tokens are made, shown once, and revoked", async () => {
  await page.goto(`/p/${project.slug}/settings`);
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`Key ${marker}`);
  await page.getByRole("button", { name: "Create key" }).click();
  const key = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: `Key ${marker}` }) });
  await key.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke for good" }).click();
  await key.getByText("revoked", { exact: true }).waitFor();

  await page.getByRole("link", { name: "API tokens" }).click();
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`Token ${marker}`);
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByText("It is not stored in a form that could be shown again", { exact: false }).waitFor();
  await page.getByRole("button", { name: "I have copied it" }).click();
  const token = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: `Token ${marker}` }) });
  await token.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke for good" }).click();
  await token.getByText("revoked", { exact: true }).waitFor();
});

test("the theme is a choice that lasts, and shows from the first paint", async () => {
  await page.goto(list());
  await rows().first().waitFor();
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Page, project/ }).fill("dark");
  await page.keyboard.press("Enter");
  await until("it is dark", async () => (await background()) !== light);
  await page.reload({ waitUntil: "commit" });
  await until("the theme is set before anything else", () => page.evaluate(() => document.documentElement?.dataset.theme === "dark"));
  await page.evaluate(() => localStorage.removeItem("faultline.prefs"));
});

test("every page is free of axe violations, in both themes and on a phone", async (t) => {
  const { issues } = await call(page, "query.v1.QueryService/ListIssues", { projectId, query: `error.type:*checkout.${marker}Error` });
  const base = `/p/${project.slug}`;
  const pages = [list(), `${base}/issues?query=nothing${marker}`, `${base}/issues/${issues[0].id}`, `${base}/issues/${issues[0].shortId}?view=events`, `${base}/tail`, `${base}/alerts`, `${base}/alerts?tab=deliveries`, `${base}/alerts/new`, `${base}/outcomes`, `${base}/settings`, `${base}/settings?section=tokens`, `${base}/settings?section=members`, `${base}/setup`, `/issues?query=${encodeURIComponent(query)}`, `/issues?query=nothing${marker}`, "/p/nowhere/issues"];
  const kinds = [
    { name: "light", width: 1440, theme: "light" },
    { name: "dark phone", width: 390, height: 844, theme: "dark" },
  ];
  for (const kind of kinds) {
    const p = await newPage(run, { ...kind, state });
    for (const at of pages) {
      await t.test(`${kind.name} ${at}`, async () => {
        await p.goto(at);
        await p.locator("h1").first().waitFor({ state: "attached" });
        await p.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
        assert.deepEqual(await violations(p), []);
        assert.equal(await overflow(p), 0, "the page is wider than its window");
      });
    }
    await p.context().close();
  }
});

test("on a phone the list is cards and the pages are at the bottom", async () => {
  const p = await newPage(run, { width: 390, height: 844, state });
  await p.goto(list());
  await rows(p).first().waitFor();
  const card = await rows(p).first().boundingBox();
  assert.ok(card.height > 80, "a row is a card");
  const bar = p.getByRole("navigation", { name: "Pages" }).filter({ visible: true });
  const box = await bar.boundingBox();
  assert.ok(box.y > 700, "the bar is at the bottom");
  await bar.getByRole("link", { name: "Outcomes" }).click();
  await p.getByRole("heading", { level: 1, name: "Outcomes" }).waitFor();
  await p.context().close();
});

test("signing out ends the session", async () => {
  const p = await newPage(run);
  await p.goto("/");
  await signIn(p);
  await p.waitForURL(/\/issues/);
  await p.getByRole("button", { name: "Account" }).click();
  await p.getByRole("menuitem", { name: "Sign out" }).click();
  await p.getByRole("heading", { name: "Sign in to Faultline" }).waitFor();
  await p.goto("/");
  await p.waitForURL(/sign-in/);
  await p.context().close();
});

test("nothing was written to the console as an error", () => {
  assert.deepEqual(run.complaints, []);
  assert.ok(url);
});
