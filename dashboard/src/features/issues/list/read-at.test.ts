// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useReadAt } from "./read-at";

afterEach(() => vi.useRealTimers());

test("a list that stays open is not read again unless somebody asks", () => {
  vi.useFakeTimers();
  const minutes = (n: number) => vi.setSystemTime(Date.now() + n * 60_000);
  const hook = renderHook(({ key }) => useReadAt(key), { initialProps: { key: "a" } });
  const first = hook.result.current.at;
  minutes(1);
  hook.rerender({ key: "b" });
  const second = hook.result.current.at;
  expect(second).toBe(first + 60_000);
  minutes(10);
  hook.rerender({ key: "b" });
  expect(hook.result.current.at).toBe(second);
  act(() => hook.result.current.again());
  const third = hook.result.current.at;
  expect(third).toBe(Date.now());

  hook.rerender({ key: "a" }); // after more than five minutes
  expect(hook.result.current.at).toBe(Date.now());
  minutes(1);
  hook.rerender({ key: "b" });
  expect(hook.result.current.at).toBe(third);
});
