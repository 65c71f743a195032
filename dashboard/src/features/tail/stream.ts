import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useReducer, useRef } from "react";
import { type EventSummary, QueryService } from "@/gen/faultline/query/v1/query_pb";

const KEEP = 1000;
const DRAW_EVERY_MS = 150;
const RATE_WINDOW_MS = 10_000;

export type Tail = {
  status: "connecting" | "open" | "lost" | "refused";
  error: unknown;
  events: EventSummary[];
  /** Events a second that matched, and how many of them were shown. */
  rate: number;
  shownOf: number;
};

type Arrival = { at: number; shown: number; matched: number };
type Action =
  | { kind: "status"; status: Tail["status"]; error?: unknown }
  | { kind: "batch"; events: EventSummary[]; recent: Arrival[] }
  | { kind: "reset" };

const empty: Tail = { status: "connecting", error: undefined, events: [], rate: 0, shownOf: 1 };

function reduce(t: Tail, a: Action): Tail {
  if (a.kind === "reset") return empty;
  if (a.kind === "status") return { ...t, status: a.status, error: a.error };
  const matched = a.recent.reduce((n, r) => n + r.matched, 0);
  const shown = a.recent.reduce((n, r) => n + r.shown, 0);
  return {
    ...t,
    events: a.events.length ? [...t.events, ...a.events].slice(-KEEP) : t.events,
    rate: matched / (RATE_WINDOW_MS / 1000),
    shownOf: shown ? matched / shown : 1,
  };
}

/** Follows a project's events. A lost connection is taken up again; what came meanwhile is not made up. */
export function useTail(projectId: number, query: string, refused: (err: unknown) => boolean): Tail {
  const transport = useTransport();
  const [tail, dispatch] = useReducer(reduce, empty);
  const isRefusal = useRef(refused);
  useEffect(() => {
    isRefusal.current = refused;
  });

  useEffect(() => {
    const stop = new AbortController();
    const client = createClient(QueryService, transport);
    let waiting: EventSummary[] = [];
    let recent: Arrival[] = [];
    dispatch({ kind: "reset" });

    const draw = setInterval(() => {
      const before = recent.length;
      const from = Date.now() - RATE_WINDOW_MS;
      recent = recent.filter((r) => r.at >= from);
      if (waiting.length === 0 && recent.length === before) return;
      dispatch({ kind: "batch", events: waiting, recent });
      waiting = [];
    }, DRAW_EVERY_MS);

    const follow = async () => {
      for (let failures = 0; !stop.signal.aborted; failures++) {
        try {
          for await (const r of client.tail({ projectId, query }, { signal: stop.signal })) {
            if (failures >= 0) dispatch({ kind: "status", status: "open" });
            failures = -1;
            if (r.event) waiting.push(r.event);
            const shown = r.event ? 1 : 0;
            if (shown || r.skipped > 0n) recent.push({ at: Date.now(), shown, matched: shown + Number(r.skipped) });
          }
        } catch (err) {
          if (stop.signal.aborted) return;
          if (isRefusal.current(err)) return dispatch({ kind: "status", status: "refused", error: err });
          dispatch({ kind: "status", status: "lost", error: err });
        }
        await new Promise((r) => setTimeout(r, Math.min(500 * 2 ** Math.max(failures, 0), 10_000)));
      }
    };
    void follow();
    return () => {
      stop.abort();
      clearInterval(draw);
    };
  }, [transport, projectId, query]);
  return tail;
}
