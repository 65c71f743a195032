import { expect, test } from "vitest";
import { ago, bytes, compact, duration, exact, plural, span } from "./format";

test("numbers are short in rows and exact on hover", () => {
  const f = (n: number | bigint, short: string, full: string) => {
    expect(compact(n)).toBe(short);
    expect(exact(n)).toBe(full);
  };
  f(0, "0", "0");
  f(999, "999", "999");
  f(1000, "1k", "1,000");
  f(1234, "1.2k", "1,234");
  f(9_949, "9.9k", "9,949");
  f(12_345, "12k", "12,345");
  f(999_499, "999k", "999,499");
  f(999_500, "1M", "999,500");
  f(4_200_000n, "4.2M", "4,200,000");
  f(18_446_744_073_709_551_615n, "18446744T", "18,446,744,073,709,551,615");
});

test("spans use their largest unit", () => {
  const f = (ms: number, want: string) => expect(span(ms)).toBe(want);
  f(-5, "0s");
  f(59_999, "59s");
  f(60_000, "1m");
  f(3_599_999, "59m");
  f(86_400_000, "1d");
  f(59 * 86_400_000, "59d");
  f(61 * 86_400_000, "2mo");
  f(800 * 86_400_000, "2y");
});

test("times are relative, and a clock that is ahead is no future", () => {
  expect(ago(1_000_000, 1_005_000)).toBe("just now");
  expect(ago(1_000_000, 1_300_000)).toBe("5m ago");
  expect(ago(2_000_000, 1_000_000)).toBe("just now");
});

test("lengths keep the precision that matters", () => {
  expect(duration(34)).toBe("34 ms");
  expect(duration(2400)).toBe("2.4 s");
  expect(duration(45_000)).toBe("45 s");
  expect(duration(180_000)).toBe("3 min");
  expect(bytes(18_422n)).toBe("18.0 kB");
  expect(plural(1n, "event")).toBe("1 event");
  expect(plural(1200, "event")).toBe("1,200 events");
});
