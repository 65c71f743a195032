// The events that the browser tests look at.
import { marker } from "./harness.mjs";

const library = (module, fn, filename, lineno) => ({ module, function: fn, filename, lineno, inApp: false });

/** A wrapped error with a stack, source lines, variables, breadcrumbs, request, user, contexts and tags. */
export function wrapped(n = 0) {
  return {
    level: "LEVEL_FATAL",
    platform: "go",
    environment: n % 2 ? "staging" : "production",
    release: "shop@1.8.0",
    transaction: "POST /checkout",
    serverName: "web-1",
    timestamp: new Date(Date.now() - 60_000 + n * 1000).toISOString(),
    tags: { region: n % 2 ? "us-east" : "eu-west", marker },
    user: { id: String(40 + n), email: `ada${n}@example.com` },
    request: { url: "https://shop.example/api/checkout", method: "POST", headers: [{ name: "Accept", value: "application/json" }], body: '{"cart":"91"}' },
    breadcrumbs: [
      { timestamp: new Date(Date.now() - 65_000).toISOString(), category: "auth", message: "signed in", level: "LEVEL_INFO" },
      { timestamp: new Date(Date.now() - 62_000).toISOString(), category: "sql", message: "SELECT 1", level: "LEVEL_WARNING", data: { rows: 1 } },
    ],
    contexts: { os: { name: "linux", version: "6.12" }, runtime: { name: "go", version: "1.26" } },
    modules: { "github.com/shop/lib": "v1.2.3" },
    exceptions: [
      {
        type: `*checkout.${marker}Error`,
        value: `place order ${marker}: open stock.db: no such file`,
        mechanism: { type: "panic", handled: false, exceptionId: 0 },
        stacktrace: {
          frames: [
            library("net/http", "(*conn).serve", "net/http/server.go", 2102),
            library("net/http", "serverHandler.ServeHTTP", "net/http/server.go", 3301),
            {
              module: "shop/checkout",
              function: "(*Service).Place",
              filename: "checkout/service.go",
              lineno: 112,
              inApp: true,
              preContext: ["func (s *Service) Place() error {", "\ts.mu.Lock()"],
              contextLine: "\tif err := s.open(); err != nil {",
              postContext: ["\t\treturn err", "\t}"],
              vars: { order: "ord_8123" },
            },
          ],
        },
      },
      { type: "*fs.PathError", value: "open stock.db: no such file", mechanism: { type: "chained", source: "Unwrap", exceptionId: 1, parentId: 0 } },
    ],
  };
}

const evil = `<img src=x onerror="window.broken=1"><script>window.broken=1</script> ${marker}`;

/** Markup in every field that a page shows. */
export function markup() {
  return {
    level: "LEVEL_ERROR",
    platform: "other",
    environment: "<b>production</b>",
    release: "<i>1.0</i>",
    transaction: evil,
    tags: { markup: "<u>tag</u>" },
    user: { id: evil },
    request: { url: `javascript:window.broken=1//${evil}`, method: "GET", body: evil },
    breadcrumbs: [{ timestamp: new Date().toISOString(), category: "<b>x</b>", message: evil, data: { html: evil } }],
    contexts: { evil: { html: evil } },
    exceptions: [
      {
        type: `${marker}Markup`,
        value: evil,
        stacktrace: { frames: [{ function: "<b>f</b>", module: evil, filename: "javascript:window.broken=1", lineno: 1, inApp: true, contextLine: evil, preContext: ["</script>"] }] },
      },
    ],
  };
}

/** A message of its own issue. */
export function message(text, level = "LEVEL_ERROR") {
  return { level, platform: "other", message: { template: `${marker} ${text}`, formatted: `${marker} ${text}` } };
}
