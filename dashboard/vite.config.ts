import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { fixtureServer } from "./dev/plugin.ts";

// The dashboard talks to the server that delivered it. While developing, that is
// the fixture server of dev/, or a real one named by FAULTLINE_URL.
const backend = process.env.FAULTLINE_URL;

const proxy = backend ? { "^/(api/|faultline\\.)": { target: backend } } : undefined;

export default defineConfig({
  plugins: [react(), tailwindcss(), ...(backend ? [] : [fixtureServer()])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2023",
    // public/.gitkeep comes back with every build, so that the Go package that
    // embeds dist/ builds in a fresh clone.
    emptyOutDir: true,
    manifest: true,
    chunkSizeWarningLimit: 400,
    assetsInlineLimit: 0,
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    pool: "threads",
  },
});
