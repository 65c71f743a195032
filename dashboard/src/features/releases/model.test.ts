import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ReleaseHealthSchema } from "@/gen/faultline/query/v1/health_pb";
import { percent, sorted } from "./model";

test("a crash is never rounded away", () => {
  expect(percent(1)).toBe("100 %");
  expect(percent(0.9999999)).toBe("99.99 %");
  expect(percent(0.99835)).toBe("99.83 %");
  expect(percent(0)).toBe("0.00 %");
});

test("the order that is asked for", () => {
  const release = (name: string, sessions: bigint, crashFreeUsers: number, users: bigint) =>
    create(ReleaseHealthSchema, { release: name, sessions, crashFreeUsers, users, crashFreeSessions: crashFreeUsers });
  const all = [release("a@1.9", 5n, 0.5, 3n), release("a@1.10", 9n, 1, 0n), release("a@1.2", 7n, 0.9, 8n)];
  const order = (...args: [Parameters<typeof sorted>[1], boolean]) =>
    sorted(all, ...args).map((r) => r.release.slice(4));
  expect(order("sessions", false)).toEqual(["10", "2", "9"]);
  expect(order("release", false)).toEqual(["10", "9", "2"]);
  expect(order("crash_free_users", false)).toEqual(["9", "2", "10"]);
  expect(order("users", true)).toEqual(["10", "9", "2"]);
});
