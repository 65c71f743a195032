import { Code, ConnectError } from "@connectrpc/connect";

/** A failure as the page tells it. */
type Failure = { title: string; detail: string; code: string; requestId: string; retryable: boolean };

const titles: Partial<Record<Code, string>> = {
  [Code.Unavailable]: "The server cannot be reached",
  [Code.DeadlineExceeded]: "The server took too long",
  [Code.ResourceExhausted]: "The server has no room for this request",
  [Code.Unauthenticated]: "You are signed out",
  [Code.PermissionDenied]: "You have no access to this",
  [Code.NotFound]: "There is nothing here",
  [Code.InvalidArgument]: "The server does not understand this request",
  [Code.Internal]: "The server failed",
  [Code.Unknown]: "The server failed",
};

const retryable = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Aborted,
  Code.Internal,
  Code.Unknown,
]);

export function failure(err: unknown): Failure {
  const e = ConnectError.from(err);
  // Only what no server has answered has no code.
  const network =
    e.cause instanceof TypeError || (e.code === Code.Unknown && /failed to fetch|network/i.test(e.rawMessage));
  return {
    title: network ? "The server cannot be reached" : (titles[e.code] ?? "This did not work"),
    detail: network ? "what you see may be out of date" : e.rawMessage,
    code: Code[e.code].replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase(),
    requestId: e.metadata.get("x-request-id") ?? "",
    retryable: network || retryable.has(e.code),
  };
}

export function isUnauthenticated(err: unknown): boolean {
  return err instanceof ConnectError && err.code === Code.Unauthenticated;
}

export function isNotFound(err: unknown): boolean {
  return err instanceof ConnectError && err.code === Code.NotFound;
}

export function isInvalid(err: unknown): boolean {
  return err instanceof ConnectError && err.code === Code.InvalidArgument;
}
