import { splitDsn } from "@/lib/dsn";

type Snippet = { title: string; lang: string; code: string };

/** How a job tells of its runs, with this project's DSN in the lines. */
export function snippets(dsn: string): Snippet[] {
  const d = splitDsn(dsn);
  const cron = d ? `${d.base}/api/${d.project}/cron/nightly-backup/${d.key}/` : "";
  return [
    {
      title: "Sentry's SDK for Python",
      lang: "python",
      code: `import sentry_sdk
from sentry_sdk.crons import monitor

sentry_sdk.init(dsn="${dsn}")

@monitor(monitor_slug="nightly-backup", monitor_config={
    "schedule": {"type": "crontab", "value": "0 3 * * *"},
    "timezone": "Europe/Berlin",
    "checkin_margin": 5,  # minutes
    "max_runtime": 60,    # minutes
})
def backup():
    ...`,
    },
    {
      title: "Sentry's SDK for Node.js",
      lang: "javascript",
      code: `import * as Sentry from "@sentry/node";

Sentry.init({ dsn: "${dsn}" });

await Sentry.withMonitor("nightly-backup", backup, {
  schedule: { type: "crontab", value: "0 3 * * *" },
  timezone: "Europe/Berlin",
  checkinMargin: 5, // minutes
  maxRuntime: 60, // minutes
});`,
    },
    {
      title: "curl, around a job in a crontab",
      lang: "bash",
      code: `at=${cron}
run=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')

curl -s "$at" -d '{"check_in_id": "'$run'", "status": "in_progress",
  "monitor_config": {"schedule": {"type": "crontab", "value": "0 3 * * *"},
    "timezone": "Europe/Berlin", "checkin_margin": 5, "max_runtime": 60}}'
./backup && status=ok || status=error
curl -s "$at?check_in_id=$run&status=$status"`,
    },
  ];
}
