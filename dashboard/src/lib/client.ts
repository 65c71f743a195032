import { createConnectTransport } from "@connectrpc/connect-web";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { failure, isUnauthenticated } from "./errors";

/** The server that delivered this page, with the session's cookie. */
export const transport = createConnectTransport({
  baseUrl: location.origin,
  fetch: (input, init) => fetch(input, { ...init, credentials: "same-origin" }),
});

let onSignedOut = () => {};

/** Says what happens when the server no longer knows this session. */
export function whenSignedOut(f: () => void) {
  onSignedOut = f;
}

export function createQueryClient(): QueryClient {
  const onError = (err: unknown) => {
    if (isUnauthenticated(err)) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        gcTime: 10 * 60_000,
        retry: (count, err) => count < 2 && failure(err).retryable,
        retryDelay: (n) => Math.min(400 * 2 ** n, 4_000),
        refetchOnWindowFocus: true,
      },
    },
  });
}

export const queryClient = createQueryClient();
