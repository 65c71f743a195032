import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Issue, IssueSchema } from "../src/gen/faultline/query/v1/query_pb.ts";
import { random } from "./random.ts";

const DAY = 86_400_000;

const errors = [
  [
    "*pgconn.ConnectError",
    "failed to connect to `host=db-2 user=shop`: dial tcp 10.2.0.14:5432: connect: connection refused",
    "checkout.(*Store).Reserve",
    "go",
  ],
  ["*fs.PathError", "open /var/lib/shop/invoices/2026-11.pdf: no such file or directory", "invoice.Render", "go"],
  ["runtime.Error", "invalid memory address or nil pointer dereference", "cart.(*Cart).Total", "go"],
  [
    "TypeError",
    "Cannot read properties of undefined (reading 'currency')",
    "src/pages/Checkout.tsx in renderTotals",
    "javascript",
  ],
  ["ValueError", "time data '31/02/2026' does not match format '%d/%m/%Y'", "billing.tasks.parse_due_date", "python"],
  [
    "java.util.concurrent.TimeoutException",
    "Did not observe any item or terminal signal within 2000ms",
    "com.shop.search.SearchClient.query",
    "java",
  ],
  ["context.deadlineExceededError", "context deadline exceeded", "payment.(*Gateway).Authorize", "go"],
  ["*json.SyntaxError", "invalid character '<' looking for beginning of value", "webhook.Decode", "go"],
  ["KeyError", "'shipping_address'", "orders.views.create_order", "python"],
  [
    "ChunkLoadError",
    "Loading chunk 417 failed. (missing: https://cdn.shop.example/assets/417.9f1c.js)",
    "src/router.tsx",
    "javascript",
  ],
  ["*net.OpError", "write tcp 10.2.0.7:8080->10.2.3.91:51234: write: broken pipe", "GET /api/products/{id}", "go"],
  [
    "redis.exceptions.ConnectionError",
    "Error 111 connecting to cache-1:6379. Connection refused.",
    "shop.cache.get_many",
    "python",
  ],
] as const;

const messages = [
  ["stock below reorder level", "stock.Watch", "go"],
  ["slow query took longer than the limit", "GET /api/orders", "go"],
  ["feature flag service answered 503, using defaults", "flags.Refresh", "python"],
] as const;

const people = ["ada@shop.example", "grace@shop.example", "owner@shop.example"];

function shape(kind: number, i: number, total: number): number {
  if (kind === 0) return 1; // steady
  if (kind === 1) return i > total * 0.75 ? 6 : 0.4; // rising
  if (kind === 2) return i === Math.floor(total * 0.6) ? 14 : 0.1; // one burst
  if (kind === 3) return 1 + Math.sin(i / 2.2); // daily
  return i > total - 3 ? 5 : 0; // new
}

/** Makes `count` issues of a project, the newest activity first. */
export function makeIssues(project: { id: number; slug: string }, count: number, now: number): Issue[] {
  return Array.from({ length: count }, (_, n) => {
    const r = random(project.id * 1000 + n);
    const asMessage = n % 9 === 8;
    const [type, value, culprit, platform] = asMessage
      ? ["", ...r.pick(messages)]
      : (errors[n % errors.length] ?? errors[0]);
    const kind = r.int(5);
    const scale = Math.max(1, 9000 / (n + 2) ** 1.25);
    const sparkline = Array.from({ length: 24 }, (_, i) =>
      BigInt(Math.floor(shape(kind, i, 24) * scale * (0.5 + r.next()))),
    );
    const events = sparkline.reduce((a, b) => a + b, 0n) || 1n;
    const lastSeen = now - n * 47_000 - r.int(40_000);
    const firstSeen = kind === 4 ? now - r.int(2 * DAY) - n * 60_000 : now - r.int(60) * DAY - 3 * DAY;
    const status = n % 13 === 12 ? "resolved" : n % 17 === 16 ? "archived" : "unresolved";
    const open = status === "unresolved";
    const substatus = !open
      ? ""
      : kind === 4
        ? "new"
        : n % 7 === 3
          ? "regressed"
          : kind === 1 && n % 2 === 0
            ? "escalating"
            : "ongoing";
    const suffix = n >= errors.length ? ` (shard ${Math.floor(n / errors.length)})` : "";
    return create(IssueSchema, {
      id: random(project.id * 7919 + n)
        .hex(24)
        .padStart(32, "0"),
      shortId: `${project.slug.toUpperCase()}-${count - n}`,
      projectId: project.id,
      projectSlug: project.slug,
      title: asMessage ? `${value}${suffix}` : `${type}: ${value}${suffix}`,
      culprit,
      level: asMessage ? r.pick(["warning", "info", "debug"]) : n % 6 === 2 ? "fatal" : "error",
      status,
      substatus,
      statusReason: substatus === "regressed" ? "regressed" : open ? "first_seen" : "by_user",
      count: events,
      userCount: BigInt(Math.ceil(Number(events) / (3 + r.int(12)))),
      firstSeen: timestampFromMs(firstSeen),
      lastSeen: timestampFromMs(Math.max(lastSeen, firstSeen)),
      assignee: n % 5 === 0 ? r.pick(people) : "",
      unhandled: !asMessage && n % 3 === 0,
      sparkline,
      platform,
      firstRelease: kind === 4 ? "shop@1.8.0" : "shop@1.6.2",
      lastRelease: "shop@1.8.0",
    });
  });
}
