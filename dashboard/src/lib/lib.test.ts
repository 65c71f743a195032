import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { failure, isInvalid, isUnauthenticated } from "./errors";
import { languageOf } from "./highlight";
import { parseRange, readPasted, resolveRange } from "./range";
import { term } from "./terms";

test("a range in the URL is a preset or two ends in order; anything else is left out", () => {
  expect(parseRange({ range: "24h" })).toEqual({ range: "24h" });
  expect(parseRange({ range: "14d" })).toEqual({});
  expect(parseRange({ range: "never" })).toEqual({});
  expect(parseRange({ start: "2026-11-20T10:00:00Z", end: "2026-11-21T10:00:00Z", range: "24h" })).toEqual({
    start: "2026-11-20T10:00:00.000Z",
    end: "2026-11-21T10:00:00.000Z",
  });
  expect(parseRange({ start: "2026-11-21", end: "2026-11-20" })).toEqual({});
  expect(parseRange({ start: "x", end: "y" })).toEqual({});
  expect(resolveRange({ range: "1h" }, 10_000_000)).toEqual({ start: 6_400_000, end: 10_000_000 });
});

test("a pasted range is read in the forms people write", () => {
  const want = { start: new Date("2026-11-20 10:00").toISOString(), end: new Date("2026-11-21 12:30").toISOString() };
  for (const text of [
    "2026-11-20 10:00 to 2026-11-21 12:30",
    "2026-11-20 10:00 – 2026-11-21 12:30",
    "2026-11-20 10:00\n2026-11-21 12:30",
  ]) {
    expect(readPasted(text)).toEqual(want);
  }
  expect(readPasted("yesterday")).toBeUndefined();
});

test("a term matches exactly the value it is made of", () => {
  expect(term("release", "shop@1.8.0")).toBe("release:shop@1.8.0");
  expect(term("region", "eu-west")).toBe("tag[region]:eu-west");
  expect(term("user", "")).toBe('user:""');
  expect(term("region", 'a "b" *c')).toBe('tag[region]:"a \\"b\\" \\*c"');
  expect(term("odd]key", "x")).toBe("tag[odd\\]key]:x");
});

test("an error says what failed and keeps the request's id", () => {
  const err = new ConnectError("no room", Code.ResourceExhausted, { "x-request-id": "abc123" });
  expect(failure(err)).toMatchObject({
    requestId: "abc123",
    code: "resource exhausted",
    retryable: true,
    detail: "no room",
  });
  expect(failure(new TypeError("Failed to fetch")).title).toBe("The server cannot be reached");
  expect(failure(new ConnectError("network error")).title).toBe("The server cannot be reached");
  const refusal = failure(new ConnectError("there is no field network", Code.InvalidArgument));
  expect(refusal).toMatchObject({ detail: "there is no field network", retryable: false });
  expect(isUnauthenticated(new ConnectError("", Code.Unauthenticated))).toBe(true);
  expect(isInvalid(err)).toBe(false);
});

test("the language of a frame is told by its file, else by the platform", () => {
  expect(languageOf("checkout/store.go", "go")).toBe("go");
  expect(languageOf("https://cdn.example/app.js?v=1", "javascript")).toBe("javascript");
  expect(languageOf("Checkout.tsx", "javascript")).toBe("tsx");
  expect(languageOf("", "python")).toBe("python");
  expect(languageOf("", "cobol")).toBeUndefined();
});
