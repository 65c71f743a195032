// @vitest-environment happy-dom
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";
import { createQueryClient, whenSignedOut } from "./client";

test("a session that has ended leads to the sign-in, whether something was read or changed", async () => {
  const signedOut = vi.fn();
  whenSignedOut(signedOut);
  const client = createQueryClient();
  const fail = (code: Code) => () => Promise.reject(new ConnectError("no", code));
  const change = (code: Code) =>
    client
      .getMutationCache()
      .build(client, { mutationFn: fail(code) })
      .execute(undefined)
      .catch(() => {});
  await client.fetchQuery({ queryKey: ["a"], queryFn: fail(Code.Unauthenticated) }).catch(() => {});
  expect(signedOut).toHaveBeenCalledTimes(1);
  await change(Code.PermissionDenied);
  expect(signedOut).toHaveBeenCalledTimes(1);
  await change(Code.Unauthenticated);
  expect(signedOut).toHaveBeenCalledTimes(2);
});
