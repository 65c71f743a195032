import { randomBytes } from "node:crypto";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Connect, Plugin } from "vite";
import { routes } from "./services.ts";
import { makeStore } from "./store.ts";

/** What the real server sends with every page. */
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** A grey point. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGM4AwAA5QDkiPs1tAAAAABJRU5ErkJggg==",
  "base64",
);

/** Answers the dashboard's calls from fixtures while developing. It is never part of a build. */
export function fixtureServer(): Plugin {
  const store = makeStore(Date.now(), process.env.FIXTURE_SIGNED_OUT === undefined);
  const answer = connectNodeAdapter({ routes: routes(store) });
  const middleware: Connect.NextHandleFunction = (req, res, next) => {
    if (req.url?.includes("/attachments/")) {
      res.setHeader("content-type", "image/png");
      return void res.end(picture);
    }
    if (!req.url?.startsWith("/faultline.")) return next();
    res.setHeader("x-request-id", randomBytes(8).toString("hex"));
    answer(req, res);
  };
  return {
    name: "faultline-fixtures",
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer(server) {
      server.middlewares.use((_req, res, next) => {
        res.setHeader("content-security-policy", policy);
        next();
      });
      server.middlewares.use(middleware);
    },
  };
}
