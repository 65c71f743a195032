import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ExceptionSchema, type FrameSchema, Level } from "../src/gen/faultline/event/v1/event_pb.ts";
import { type Event, EventSchema, type Issue } from "../src/gen/faultline/query/v1/query_pb.ts";
import { random } from "./random.ts";

type FrameInit = MessageInitShape<typeof FrameSchema>;

const library = (module: string, fn: string, filename: string, lineno: number): FrameInit => ({
  module,
  function: fn,
  filename,
  lineno,
  inApp: false,
});

const goFrames: FrameInit[] = [
  library("net/http", "(*conn).serve", "net/http/server.go", 2102),
  library("net/http", "serverHandler.ServeHTTP", "net/http/server.go", 3301),
  library("net/http", "(*ServeMux).ServeHTTP", "net/http/server.go", 2863),
  library("github.com/go-chi/chi/v5", "(*Mux).ServeHTTP", "chi/v5/mux.go", 90),
  library("github.com/go-chi/chi/v5", "(*Mux).routeHTTP", "chi/v5/mux.go", 478),
  {
    module: "shop/api",
    function: "(*Server).postCheckout",
    filename: "api/checkout.go",
    absPath: "/src/shop/api/checkout.go",
    lineno: 58,
    inApp: true,
    preContext: [
      "func (s *Server) postCheckout(w http.ResponseWriter, r *http.Request) {",
      "\tctx := r.Context()",
      "\torder, err := decodeOrder(r.Body)",
      "\tif err != nil {",
      "\t\treturn // answered by decodeOrder",
    ],
    contextLine: "\treceipt, err := s.checkout.Place(ctx, order)",
    postContext: [
      "\tif err != nil {",
      '\t\ts.fail(w, r, fmt.Errorf("place order %s: %w", order.ID, err))',
      "\t\treturn",
      "\t}",
      "\twriteJSON(w, http.StatusCreated, receipt)",
    ],
    vars: { order: { id: "ord_8123", items: 3, total: { amount: 12900, currency: "EUR" } }, "r.Method": "POST" },
  },
  {
    module: "shop/checkout",
    function: "(*Service).Place",
    filename: "checkout/service.go",
    absPath: "/src/shop/checkout/service.go",
    lineno: 112,
    inApp: true,
    preContext: [
      "\tif err := order.Validate(); err != nil {",
      "\t\treturn nil, err",
      "\t}",
      "\t// Stock is held before money is asked for.",
      "\tfor _, item := range order.Items {",
    ],
    contextLine: "\t\tif err := s.store.Reserve(ctx, item.SKU, item.Quantity); err != nil {",
    postContext: [
      '\t\t\treturn nil, fmt.Errorf("reserve %s: %w", item.SKU, err)',
      "\t\t}",
      "\t}",
      "\treturn s.gateway.Authorize(ctx, order)",
      "}",
    ],
    vars: { "item.SKU": "MUG-012", "item.Quantity": 2, attempt: 3 },
  },
  {
    module: "shop/checkout",
    function: "(*Store).Reserve",
    filename: "checkout/store.go",
    absPath: "/src/shop/checkout/store.go",
    lineno: 41,
    inApp: true,
    preContext: [
      "// Reserve holds stock for ten minutes.",
      "func (s *Store) Reserve(ctx context.Context, sku string, n int) error {",
      "\tctx, cancel := context.WithTimeout(ctx, s.timeout)",
      "\tdefer cancel()",
      "",
    ],
    contextLine: "\ttx, err := s.pool.Begin(ctx)",
    postContext: [
      "\tif err != nil {",
      '\t\treturn fmt.Errorf("begin: %w", err)',
      "\t}",
      "\tdefer tx.Rollback(ctx)",
      "\t_, err = tx.Exec(ctx, reserveSQL, sku, n)",
    ],
    vars: { sku: "MUG-012", n: 2, "s.timeout": "2s" },
  },
  library("github.com/jackc/pgx/v5/pgxpool", "(*Pool).Begin", "pgxpool/pool.go", 627),
  library("github.com/jackc/pgx/v5/pgxpool", "(*Pool).Acquire", "pgxpool/pool.go", 561),
];

const jsFrames: FrameInit[] = [
  library("react-dom", "performWorkOnRoot", "react-dom/client.js", 18125),
  library("react-dom", "renderRootSync", "react-dom/client.js", 16674),
  library("react-dom", "beginWork", "react-dom/client.js", 11558),
  {
    module: "src/pages/Checkout",
    function: "renderTotals",
    filename: "src/pages/Checkout.tsx",
    lineno: 84,
    colno: 31,
    inApp: true,
    preContext: [
      "export function renderTotals({ cart, region }: Props) {",
      "  const rules = useRules(region);",
      "  const lines = cart.lines.filter((l) => l.quantity > 0);",
      "",
      "  const format = new Intl.NumberFormat(region.locale, {",
    ],
    contextLine: '    style: "currency", currency: rules.price.currency,',
    postContext: [
      "  });",
      "",
      "  return (",
      "    <table>",
      "      {lines.map((l) => <Line key={l.sku} {...l} format={format} />)}",
    ],
  },
];

/** The event of an issue with this index, 0 being the newest; the same each time it is asked for. */
export function makeEvent(issue: Issue, index: number, total: number, lastSeen: number): Event {
  const r = random(Number.parseInt(issue.id.slice(-6), 16) + index);
  const at = lastSeen - index * 311_000;
  const id = (n: number) => random(Number.parseInt(issue.id.slice(-6), 16) * 31 + n).hex(32);
  const [type = "", ...rest] = issue.title.split(": ");
  const js = issue.platform === "javascript";
  const message = rest.length === 0;
  const frames = js ? jsFrames : goFrames;
  const exceptions: MessageInitShape<typeof ExceptionSchema>[] = message
    ? []
    : [
        {
          type: js ? type : "*fmt.wrapError",
          value: js ? rest.join(": ") : `place order ord_8123: reserve MUG-012: begin: ${rest.join(": ")}`,
          module: js ? "" : "fmt",
          mechanism: { type: js ? "onerror" : "http", handled: !issue.unhandled, exceptionId: 0 },
          stacktrace: { frames, framesOmitted: index % 4 === 1 ? 12 : 0 },
        },
        ...(js
          ? []
          : [
              {
                type,
                value: rest.join(": "),
                module: "shop/checkout",
                mechanism: { type: "chained", source: "Unwrap", exceptionId: 1, parentId: 0 },
                stacktrace: { frames: goFrames.slice(5) },
              },
              {
                type: "syscall.Errno",
                value: "connection refused",
                module: "syscall",
                mechanism: { type: "chained", source: "Unwrap", exceptionId: 2, parentId: 1, data: { errno: 111 } },
              },
            ]),
      ];
  const init: MessageInitShape<typeof EventSchema> = {
    eventId: id(index),
    issueId: issue.id,
    projectId: issue.projectId,
    timestamp: timestampFromMs(at),
    receivedAt: timestampFromMs(at + 240),
    title: issue.title,
    culprit: issue.culprit,
    fingerprint: random(index).hex(32),
    grouping: message
      ? [{ kind: "message", value: issue.title, source: "message.template" }]
      : [
          { kind: "exception_type", value: type, source: "exceptions[1].type" },
          ...frames
            .map((f, i) => ({ f, i }))
            .filter(({ f }) => f.inApp)
            .map(({ f, i }) => ({
              kind: "frame",
              value: `${f.module} ${f.function}`,
              source: `exceptions[0].stacktrace.frames[${i}]`,
            })),
        ],
    previousEventId: index + 1 < total ? id(index + 1) : "",
    nextEventId: index > 0 ? id(index - 1) : "",
    oldestEventId: id(total - 1),
    latestEventId: id(0),
    event: {
      eventId: Uint8Array.from({ length: 16 }, () => r.int(256)),
      timestamp: timestampFromMs(at),
      level: Level[issue.level.toUpperCase() as keyof typeof Level],
      platform: issue.platform,
      logger: "http",
      transaction: "POST /api/checkout",
      serverName: `web-${1 + r.int(6)}`,
      release: "shop@1.8.0",
      dist: "4412",
      environment: r.pick(["production", "production", "staging"]),
      message: message
        ? { template: "stock below reorder level: %s", formatted: issue.title, params: ["MUG-012"] }
        : undefined,
      exceptions,
      breadcrumbs: [
        {
          timestamp: timestampFromMs(at - 9200),
          type: "navigation",
          category: "navigation",
          message: "/cart → /checkout",
          level: Level.INFO,
        },
        {
          timestamp: timestampFromMs(at - 5100),
          type: "http",
          category: "http.client",
          level: Level.INFO,
          data: { method: "GET", url: "https://api.shop.example/cart/91", status_code: 200, duration_ms: 34 },
        },
        {
          timestamp: timestampFromMs(at - 3020),
          type: "query",
          category: "sql",
          message: "SELECT sku, quantity FROM stock WHERE sku = ANY($1)",
          level: Level.DEBUG,
        },
        {
          timestamp: timestampFromMs(at - 2400),
          type: "default",
          category: "pgxpool",
          message: "pool exhausted, waiting for a connection",
          level: Level.WARNING,
          data: { acquired: 20, max: 20 },
        },
        {
          timestamp: timestampFromMs(at - 400),
          type: "http",
          category: "http.client",
          level: Level.ERROR,
          data: { method: "POST", url: "https://api.shop.example/checkout", status_code: 500 },
        },
        {
          timestamp: timestampFromMs(at - 3),
          type: "error",
          category: "exception",
          message: issue.title,
          level: Level.ERROR,
        },
      ],
      user: {
        id: String(4000 + r.int(800)),
        email: `customer${r.int(90)}@example.com`,
        ipAddress: `203.0.113.${r.int(255)}`,
        data: { plan: r.pick(["free", "plus"]) },
      },
      request: {
        method: "POST",
        url: "https://shop.example/api/checkout",
        queryString: "currency=EUR&retry=1",
        headers: [
          { name: "Content-Type", value: "application/json" },
          {
            name: "User-Agent",
            value: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
          },
          { name: "Authorization", value: "[scrubbed]" },
        ],
        body: '{"cart":"91","items":[{"sku":"MUG-012","quantity":2},{"sku":"TEE-S","quantity":1}]}',
      },
      contexts: {
        os: { name: "Debian GNU/Linux", version: "13", kernel: "6.12.48" },
        runtime: { name: "go", version: "go1.26.3", gomaxprocs: 8, goroutines: 412 },
        device: { arch: "amd64", cpus: 8, memory: 16_777_216 },
        app: { started: "2026-11-22T06:11:02Z", build: "4412" },
      },
      tags: {
        release: "shop@1.8.0",
        region: r.pick(["eu-west", "eu-north", "us-east"]),
        "http.status": "500",
        customer_tier: r.pick(["free", "plus", "business"]),
        handler: "postCheckout",
      },
      extra: { cart: { lines: 2, coupon: null }, experiment: "checkout-v3", timings: [12, 48, 2003] },
      modules: Object.fromEntries(
        Array.from({ length: 24 }, (_, i) => [`github.com/shop/lib${i}`, `v1.${i}.${r.int(20)}`]),
      ),
      sdk: { name: "faultline.go", version: "0.1.0", integrations: ["http", "slog"] },
      trace: {
        traceId: Uint8Array.from({ length: 16 }, () => r.int(256)),
        spanId: Uint8Array.from({ length: 8 }, () => r.int(256)),
      },
      attachments: [{ filename: "goroutines.txt", contentType: "text/plain", type: "event.attachment", size: 18_422n }],
      flags: [{ name: "checkout-v3", result: "true" }],
      trimmed: ["extra.timings"],
      scrubbed: ["request.headers[2].value"],
    },
  };
  return create(EventSchema, init);
}
