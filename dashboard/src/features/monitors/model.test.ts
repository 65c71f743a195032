import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { MonitorSchema } from "@/gen/faultline/query/v1/health_pb";
import { counts, late, limits, sorted, stateDetail } from "./model";
import { monitorsSearch } from "./search";
import { snippets } from "./snippets";

const NOW = Date.UTC(2026, 2, 10, 12);
const at = (minutes: number) => timestampFromMs(NOW + minutes * 60_000);
const all = [
  create(MonitorSchema, { slug: "b", state: "ok", checkedAt: at(-1), duration: 3, expectedAt: at(9), ok24h: 4n }),
  create(MonitorSchema, { slug: "a10", state: "missed", checkedAt: at(-90), expectedAt: at(-30), missed: 1 }),
  create(MonitorSchema, { slug: "a9", state: "error", checkedAt: at(-5), duration: 60, error24h: 2n }),
  create(MonitorSchema, { slug: "c", state: "timeout", checkedAt: at(-45), startedAt: at(-45), timedOutAt: at(-15) }),
];

test("the order that is asked for", () => {
  const order = (...args: [Parameters<typeof sorted>[1], boolean]) => sorted(all, ...args).map((m) => m.slug);
  expect(order("state", false)).toEqual(["a10", "c", "a9", "b"]);
  expect(order("name", false)).toEqual(["a9", "a10", "b", "c"]);
  expect(order("name", true)).toEqual(["c", "b", "a10", "a9"]);
  expect(order("last", false)).toEqual(["b", "a9", "c", "a10"]);
  expect(order("duration", false)[0]).toBe("a9");
  expect(order("next", false)).toEqual(["a10", "b", "a9", "c"]);
  expect(order("failed", false)[0]).toBe("a9");
});

test("a state is told with what belongs to it", () => {
  const of = (slug: string) => all.find((m) => m.slug === slug) ?? create(MonitorSchema);
  expect(stateDetail(of("a10"), NOW)).toBe("1 run missed");
  expect(stateDetail({ ...of("a10"), missed: 1000 }, NOW)).toBe("1,000 or more runs missed");
  expect(stateDetail(of("c"), NOW)).toBe("not ended for 45m");
  expect(stateDetail(of("b"), NOW)).toBe("");
  expect(stateDetail({ ...of("b"), expectedAt: at(-2) }, NOW)).toBe("next run 2m late");
  expect(late(of("a10"), NOW)).toBe(30 * 60_000);
  expect(late(of("a9"), NOW)).toBe(0);
  expect(limits({ ...of("b"), schedule: "0 3 * * *", checkinMargin: 300 })).toBe(
    "0 3 * * *\nA run may begin 5 min late and last 30 min",
  );
  expect(counts(all)).toEqual({ missed: 1, timeout: 1, error: 1, in_progress: 0, ok: 1 });
});

test("the URL holds only what can be shown", () => {
  expect(monitorsSearch({ by: "state", state: "nonsense", env: "", query: 7, reverse: "true" })).toEqual({
    query: "7",
    reverse: true,
  });
});

test("the lines to paste have the project's key in them", () => {
  const [python, node, curl] = snippets("https://abc@err.example/base/7");
  expect(python?.code).toContain('dsn="https://abc@err.example/base/7"');
  expect(node?.code).toContain("withMonitor");
  expect(curl?.code).toContain("at=https://err.example/base/api/7/cron/nightly-backup/abc/");
});
