import { timestampFromMs } from "@bufbuild/protobuf/wkt";

const HOUR = 3_600_000;

/** How some releases do; in an environment, as many as would be used there. */
export function releaseHealth(now: number, environment: string) {
  const rows: [string, number, number, number, number, number, number][] = [
    ["shop@1.8.0", 182_400, 2_120, 310, 12, 41_200, 288],
    ["shop@1.7.4", 64_900, 1_804, 2_511, 0, 18_800, 1_902],
    ["shop@1.6.2", 5_120, 40, 3, 1, 2_010, 3],
    ["shop@1.6.1", 12, 0, 0, 0, 0, 0],
  ];
  const all = (environment === "staging" ? rows.slice(3) : rows).reduce((sum, r) => sum + r[1], 0);
  return {
    sessions: BigInt(all),
    users: environment === "staging" ? 0n : 58_300n,
    reported: true,
    environments: ["production", "staging"],
    releases: (environment === "staging" ? rows.slice(3) : rows).map(
      ([release, sessions, errored, crashed, abnormal, users, crashedUsers], n) => ({
        release,
        sessions: BigInt(sessions),
        errored: BigInt(errored),
        crashed: BigInt(crashed),
        abnormal: BigInt(abnormal),
        users: BigInt(users),
        crashedUsers: BigInt(crashedUsers),
        adoption: sessions / all,
        crashFreeSessions: 1 - crashed / sessions,
        crashFreeUsers: users === 0 ? 1 : 1 - crashedUsers / users,
        firstSession: timestampFromMs(now - (n + 1) * 70 * HOUR),
        lastSession: timestampFromMs(now - n * n * 9 * HOUR),
      }),
    ),
  };
}

const MINUTE = 60_000;

/** Monitors in every state there is; many of them if that is asked for. */
export function monitors(now: number, many: boolean, environment: string, search: string) {
  const at = (minutes: number) => timestampFromMs(now + minutes * MINUTE);
  const crontab = (schedule: string, scheduleText: string) => ({ schedule, scheduleText, timezone: "Europe/Berlin" });
  const base = { environment: "production", status: "ok", state: "ok", ok24h: 24n, error24h: 0n, checkinMargin: 300 };
  const all = [
    {
      ...base,
      ...crontab("0 3 * * *", "every day at 03:00, Europe/Berlin"),
      slug: "nightly-backup",
      state: "missed",
      checkedAt: at(-2980),
      startedAt: at(-3010),
      duration: 1804,
      expectedAt: at(-1570),
      nextAt: at(1310),
      missed: 2,
      ok24h: 0n,
    },
    {
      ...base,
      ...crontab("*/15 * * * *", "every 15 minutes"),
      slug: "import-prices-of-every-supplier-and-of-the-warehouses-abroad",
      status: "in_progress",
      state: "timeout",
      checkedAt: at(-52),
      startedAt: at(-52),
      timedOutAt: at(-42),
      expectedAt: at(9),
      nextAt: at(9),
      maxRuntime: 600,
      duration: 41.3,
      ok24h: 91n,
      error24h: 1n,
    },
    {
      ...base,
      schedule: "every 1 hour",
      scheduleText: "every hour",
      slug: "send-invoices",
      status: "error",
      state: "error",
      checkedAt: at(-21),
      startedAt: at(-21),
      duration: 3.2,
      expectedAt: at(39),
      nextAt: at(39),
      ok24h: 20n,
      error24h: 4n,
    },
    {
      ...base,
      ...crontab("0 * * * *", "every hour, Europe/Berlin"),
      slug: "sync-stock",
      status: "in_progress",
      state: "in_progress",
      checkedAt: at(-4),
      startedAt: at(-4),
      duration: 410,
      expectedAt: at(56),
      nextAt: at(56),
    },
    {
      ...base,
      schedule: "every 5 minute",
      scheduleText: "every 5 minutes",
      slug: "heartbeat",
      environment: "staging",
      checkedAt: at(-7),
      startedAt: at(-7),
      duration: 0.12,
      expectedAt: at(-2),
      nextAt: at(3),
      ok24h: 287n,
    },
    {
      ...base,
      schedule: "0 0 L * *",
      scheduleProblem: 'the day of the month "L": "L" is not between 1 and 31',
      slug: "month-end",
      checkedAt: at(-17_000),
      startedAt: at(-17_000),
      duration: 72,
      ok24h: 0n,
    },
    { ...base, slug: "clean-up", checkedAt: at(-31), startedAt: at(-31), ok24h: 1_402n },
  ];
  const more = Array.from({ length: many ? 60 : 0 }, (_, n) => ({
    ...base,
    schedule: "every 10 minute",
    scheduleText: "every 10 minutes",
    slug: `shard-${n + 1}`,
    environment: n % 3 ? "production" : "staging",
    checkedAt: at(-(n % 10)),
    startedAt: at(-(n % 10)),
    duration: 2 + (n % 7),
    expectedAt: at(10 - (n % 10)),
    nextAt: at(10 - (n % 10)),
    ok24h: 144n,
  }));
  return {
    monitors: [...all, ...more].filter(
      (m) => (!environment || m.environment === environment) && m.slug.toLowerCase().includes(search.toLowerCase()),
    ),
    environments: ["production", "staging"],
  };
}
