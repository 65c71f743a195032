import { sentryVitePlugin } from "@sentry/vite-plugin";

// Where the source maps go, the plugin takes from SENTRY_URL, SENTRY_ORG, SENTRY_PROJECT
// and SENTRY_AUTH_TOKEN.
export default {
  build: { sourcemap: true },
  logLevel: "warn",
  plugins: [sentryVitePlugin({ release: { name: process.env.SENTRY_RELEASE }, telemetry: false })],
};
