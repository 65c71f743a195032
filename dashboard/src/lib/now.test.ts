// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useNow } from "./now";

afterEach(() => vi.useRealTimers());

test("whoever asks after nobody did for a while is told the time of now", () => {
  vi.useFakeTimers();
  renderHook(useNow).unmount();
  vi.setSystemTime(Date.now() + 3_600_000);
  const asked: number[] = [];
  renderHook(() => asked.push(useNow()));
  expect(asked[0]).toBe(Date.now());
});
