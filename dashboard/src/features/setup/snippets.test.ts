import { expect, test } from "vitest";
import { splitDsn } from "@/lib/dsn";
import { platforms } from "./search";
import { steps } from "./snippets";

const dsn = "https://0123456789abcdef0123456789abcdef@errors.example.com:8443/prefix/42";

test("a DSN is taken apart, prefix and all", () => {
  expect(splitDsn(dsn)).toEqual({
    key: "0123456789abcdef0123456789abcdef",
    base: "https://errors.example.com:8443/prefix",
    project: "42",
  });
  expect(splitDsn("nonsense")).toBeUndefined();
});

test.each(platforms)("the lines for %s carry the project's own key", (p) => {
  expect(
    steps(p, dsn)
      .map((s) => s.code)
      .join("\n"),
  ).toContain("0123456789abcdef0123456789abcdef");
});

test("the curl line goes to the REST address of the project", () => {
  expect(steps("curl", dsn)[0]?.code).toContain(
    "https://errors.example.com:8443/prefix/api/v1/projects/42/events:batch",
  );
});
