// Drives the settings of a project in Chromium: grouping with its laboratory, filters, data scrubbing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, marker, newPage, open, overflow, projectId, send, signIn, until, violations } from "./harness.mjs";

let run;
let page;
let state;
let slug;
const at = (section) => `/p/${slug}/settings?section=${section}`;
const mine = `${marker}s`;

/** Failures of one kind in two functions: two issues until a rule says otherwise. */
const failures = ["connect", "query"].map((fn) => ({
  level: "LEVEL_ERROR",
  platform: "python",
  environment: "production",
  exceptions: [
    {
      type: `${mine}Timeout`,
      value: "took too long",
      stacktrace: { frames: [{ function: fn, module: `shop.${mine}`, filename: "shop/db.py", lineno: 7, inApp: true }] },
    },
  ],
}));

const issues = async () => (await call(page, "query.v1.QueryService/ListIssues", { projectId, query: `error.type:${mine}Timeout` })).issues ?? [];
const project = () => call(page, "admin.v1.ProjectService/GetProject", { projectId });
const rules = () => page.getByRole("textbox", { name: "Fingerprint rules" });

async function write(box, text) {
  await box.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

before(async () => {
  run = await open();
  await send(failures);
  page = await newPage(run);
  await page.goto("/");
  await signIn(page);
  await page.waitForURL(/\/p\/[^/]+\/issues/);
  slug = (await project()).slug;
  state = await page.context().storageState();
});

after(async () => {
  await run?.browser.close();
});

test("a mistake in a rule is shown where it is, and nothing can be saved", async () => {
  await page.goto(at("grouping"));
  await write(rules(), `# timeouts\nerror.type:${mine}Timeout timeout`);
  await page.getByText(/^Line 2, column \d+:/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Save for new events" }).isDisabled());
  assert.ok(await page.getByRole("button", { name: "Preview" }).isDisabled());
  assert.deepEqual(await violations(page), []);
});

test("a preview shows which issues become one, and the past follows when it is applied", async () => {
  await until("two issues are there", async () => (await issues()).length === 2);
  await write(rules(), `error.type:${mine}Timeout -> ${mine}`);
  await page.getByText(/^Line 2, column/).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Preview" }).click();
  const report = page.getByRole("region", { name: "What the rules would do" });
  await report.getByText("Issues that become one (1)").waitFor();
  await report.getByText(/events? of the last 14 days looked at/).waitFor();
  assert.equal(await report.getByRole("link", { name: new RegExp(`${mine}Timeout`) }).count(), 2);
  assert.equal((await issues()).length, 2, "a preview merges nothing");
  assert.deepEqual(await violations(page), []);

  await page.getByRole("button", { name: "Save and apply to the past" }).click();
  await page.getByText(/^Applied: /).waitFor();
  await until("one issue is left", async () => (await issues()).length === 1);
  assert.equal((await project()).fingerprintRules, `error.type:${mine}Timeout -> ${mine}`);
});

test("new events go to the issue that stayed, and it can be undone", async () => {
  await until("rules have reached the ingester", async () => {
    await send([failures[1]]);
    const [only, ...more] = await issues();
    return more.length === 0 && Number(only.count) >= 3;
  });
  const applied = page.getByRole("button", { name: "Undo", exact: true });
  await applied.click();
  await page.getByRole("dialog").getByRole("button", { name: "Undo", exact: true }).click();
  await page.getByText("on its own again").waitFor();
  await until("two issues are there again", async () => (await issues()).length === 2);
  assert.equal((await project()).fingerprintRules ?? "", "");
  await page.getByText("undone", { exact: true }).waitFor();
});

test("somebody else's change is not overwritten", async () => {
  await page.goto(at("filters"));
  await page.getByRole("switch", { name: "Localhost" }).click();
  await call(page, "admin.v1.ProjectService/UpdateProject", { projectId, settings: { filters: { extensions: true } } });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("somebody else changed this project").waitFor();
  assert.equal((await project()).settings.filters.localhost ?? false, false);
  await page.getByRole("button", { name: "Load what is there now" }).click();
  await until("the other change is shown", async () => (await page.getByRole("switch", { name: "Browser extensions" }).getAttribute("aria-checked")) === "true");
  await page.getByRole("switch", { name: "Localhost" }).click();
  await page.getByRole("textbox", { name: "Releases, one a line" }).fill(`${mine}-0.*\n`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. It holds for events that arrive from now on.").waitFor();
  const { filters } = (await project()).settings;
  assert.deepEqual([filters.localhost, filters.extensions, filters.releases], [true, true, [`${mine}-0.*`]]);
});

test("filters say how many events they refused", async () => {
  await until("an event is refused", async () => {
    try {
      await send([{ ...failures[0], release: `${mine}-0.1` }]);
      return false;
    } catch (err) {
      return /FILTERED/.test(err.message);
    }
  });
  await until("it is counted", async () => {
    await page.goto(at("filters"));
    await page.getByRole("button", { name: "Save" }).waitFor();
    const row = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Releases" }) });
    return /\d refused/.test((await row.textContent()) ?? "");
  });
  assert.deepEqual(await violations(page), []);
  await call(page, "admin.v1.ProjectService/UpdateProject", { projectId, settings: { filters: { localhost: false, extensions: false, releases: [] } } });
});

test("data scrubbing takes further and safe fields", async () => {
  await page.goto(at("scrubbing"));
  await page.getByRole("textbox", { name: "Further fields, one a line" }).fill("iban\n*_pin");
  await page.getByRole("switch", { name: "Remove IP addresses" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. It holds for events that arrive from now on.").waitFor();
  const { scrubbing } = (await project()).settings;
  assert.deepEqual([scrubbing.keys, scrubbing.ipAddresses, scrubbing.defaults], [["iban", "*_pin"], true, true]);
  assert.deepEqual(await violations(page), []);
  await call(page, "admin.v1.ProjectService/UpdateProject", { projectId, settings: { scrubbing: { keys: [], ipAddresses: false } } });
});

test("the project and a key get a rate of their own", async () => {
  await page.goto(at("keys"));
  const rate = async (button, average, burst) => {
    await button.click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Events a second, on average" }).fill(average);
    await dialog.getByRole("textbox", { name: "At once beyond that" }).fill(burst);
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole("button", { name: "Save rate" }).click();
    return dialog;
  };
  const buttons = page.getByRole("button", { name: /^Rate/ });
  let dialog = await rate(buttons.first(), "many", "2.5");
  await dialog.getByText("Give a number, or nothing for no limit.").waitFor();
  await dialog.getByText("Give a whole number.").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  dialog = await rate(buttons.first(), "2000", "500");
  await page.getByText("The project sends at most 2,000 events/s, 500 at once.").waitFor();
  await dialog.waitFor({ state: "detached" });
  const { settings } = await project();
  assert.deepEqual([settings.ratePerSecond, settings.rateBurst], [2000, 500]);
  dialog = await rate(buttons.nth(1), "1000", "");
  await page.getByText(/^Sends at most 1,000 events\/s\. Made/).waitFor();
  await dialog.waitFor({ state: "detached" });
  dialog = await rate(buttons.nth(1), "1e12", "");
  await dialog.getByText(/rate_per_second/).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  await rate(buttons.nth(1), "", "");
  await page.getByText(/^Made/).first().waitFor();
  await call(page, "admin.v1.ProjectService/UpdateProject", { projectId, settings: { ratePerSecond: 0, rateBurst: 0 } });
});

test("each page fits a phone, in the dark too", async () => {
  for (const theme of ["light", "dark"]) {
    const small = await newPage(run, { width: 390, height: 844, theme, state });
    for (const section of ["grouping", "filters", "scrubbing", "keys"]) {
      await small.goto(at(section));
      await small.getByRole("button", { name: /^(Save|Rate)/ }).first().waitFor();
      assert.ok((await overflow(small)) <= 0, `${section} is too wide`);
      assert.deepEqual(await violations(small), [], `${section}, ${theme}`);
    }
    await small.context().close();
  }
  // A change over one of somebody else is answered with 409, which Chromium reports by itself.
  assert.deepEqual(run.complaints.filter((c) => !/status of 409/.test(c)), []);
});
