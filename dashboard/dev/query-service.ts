import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";

import {
  ActivitySchema,
  type EventSummary,
  EventSummarySchema,
  type Issue,
  IssueSchema,
  type QueryService,
} from "../src/gen/faultline/query/v1/query_pb.ts";
import { makeEvent } from "./event.ts";
import { monitors, releaseHealth } from "./health.ts";
import { random } from "./random.ts";
import { lastSeenMs, type Store } from "./store.ts";

const EVENTS = 40;
const words: Record<string, (i: Issue, me: string) => boolean> = {
  "is:unresolved": (i) => i.status === "unresolved",
  "is:resolved": (i) => i.status === "resolved",
  "is:archived": (i) => i.status === "archived",
  "is:new": (i) => i.substatus === "new",
  "is:regressed": (i) => i.substatus === "regressed",
  "is:escalating": (i) => i.substatus === "escalating",
  "assigned:me": (i, me) => i.assignee === me,
};

/** Enough of the search language to develop against; the server has the real one. */
function matches(query: string, i: Issue): boolean {
  return query
    .split(/\s+/)
    .filter(Boolean)
    .every((w) => {
      const known = words[w];
      if (known) return known(i, "owner@shop.example");
      if (w.startsWith("level:")) return i.level === w.slice(6);
      if (w.includes(":")) return true;
      return `${i.title} ${i.culprit}`.toLowerCase().includes(w.toLowerCase().replaceAll('"', ""));
    });
}

function summary(i: Issue, n: number, total: number): EventSummary {
  const e = makeEvent(i, n, total, lastSeenMs(i));
  return create(EventSummarySchema, {
    eventId: e.eventId,
    issueId: i.id,
    projectId: i.projectId,
    timestamp: e.timestamp,
    level: i.level,
    title: i.title,
    culprit: i.culprit,
    release: e.event?.release,
    environment: e.event?.environment,
    user: e.event?.user?.email,
    tags: e.event?.tags,
    platform: i.platform,
    transaction: e.event?.transaction,
  });
}

export function queryService(store: Store): ServiceImpl<typeof QueryService> {
  const find = (id: string): Issue => {
    for (const list of store.issues.values()) {
      const hit = list.find((i) => i.id === id || i.shortId === id.toUpperCase());
      if (hit) return hit;
    }
    throw new ConnectError(`no issue ${id}`, Code.NotFound);
  };
  const gate = async (projectId: number) => {
    if (!store.signedIn) throw new ConnectError("sign in first", Code.Unauthenticated);
    const slug = store.projects.find((p) => p.id === projectId)?.slug;
    if (slug === "broken")
      throw new ConnectError("read issues: clickhouse: code 241: memory limit exceeded", Code.Internal);
    if (slug === "slow") await new Promise((r) => setTimeout(r, 3000));
  };
  const change = (i: Issue, status: string, assignee: string | undefined): Issue => {
    const log = (kind: string, detail = "") =>
      store.activity.get(i.id)?.unshift(
        create(ActivitySchema, {
          id: `${i.id}-${Math.random()}`,
          time: timestampFromMs(Date.now()),
          actor: "owner@shop.example",
          kind,
          detail,
        }),
      );
    if (status !== "" && status !== i.status) {
      i.status = status;
      i.substatus = status === "unresolved" ? "ongoing" : "";
      i.statusReason = "by_user";
      log(status);
    }
    if (assignee !== undefined) {
      i.assignee = assignee;
      log(assignee ? "assigned" : "unassigned", assignee);
    }
    return clone(IssueSchema, i);
  };

  return {
    async listIssues(req) {
      await gate(req.projectId);
      if (/^[()]|"[^"]*$/.test(req.query))
        throw new ConnectError(`column ${req.query.length}: a quote or a bracket is not closed`, Code.InvalidArgument);
      const by: Record<string, (i: Issue) => number> = {
        last_seen: lastSeenMs,
        first_seen: (i) => (i.firstSeen ? timestampMs(i.firstSeen) : 0),
        events: (i) => Number(i.count),
        users: (i) => Number(i.userCount),
      };
      const order = by[req.sort] ?? lastSeenMs;
      const all = (req.projectId === 0 ? [...store.issues.values()].flat() : (store.issues.get(req.projectId) ?? []))
        .filter((i) => matches(req.query, i))
        .sort((a, b) => order(b) - order(a));
      const from = Number(req.pageToken || 0);
      const size = req.pageSize || 50;
      return {
        issues: all.slice(from, from + size),
        nextPageToken: from + size < all.length ? String(from + size) : "",
      };
    },
    async getIssue(req) {
      const issue = find(req.issueId);
      await gate(issue.projectId);
      const r = random(Number.parseInt(issue.id.slice(-6), 16));
      const dist = (key: string, values: string[]) => {
        const counts = values.map((value, n) => ({
          value,
          count: BigInt(Math.ceil(Number(issue.count) / (n * 2 + 1.6))),
        }));
        return { key, total: counts.reduce((a, v) => a + v.count, 0n), values: counts };
      };
      return {
        issue,
        last24h: Array.from({ length: 24 }, () => BigInt(r.int(Math.ceil(Number(issue.count) / 40) + 1))),
        last30d: Array.from({ length: 30 }, (_, n) =>
          BigInt(r.int(Math.ceil((Number(issue.count) * (n + 2)) / 200) + 1)),
        ),
        tags: [
          dist("release", ["shop@1.8.0", "shop@1.7.4", "shop@1.6.2"]),
          dist("environment", ["production", "staging"]),
          dist("user", ["customer12@example.com", "customer7@example.com", "customer41@example.com", "4107"]),
          dist("server_name", ["web-1", "web-3", "web-4", "web-6"]),
          dist("region", ["eu-west", "eu-north", "us-east"]),
          dist("url", ["https://shop.example/api/checkout"]),
        ],
      };
    },
    async updateIssue(req) {
      return change(find(req.issueId), req.status, req.assignee);
    },
    async batchUpdateIssues(req) {
      return { issues: req.issueIds.map((id) => change(find(id), req.status, req.assignee)) };
    },
    async mergeIssues(req) {
      const into = find(req.intoIssueId);
      into.mergedIds = req.undo
        ? into.mergedIds.filter((id) => !req.issueIds.includes(id))
        : [...into.mergedIds, ...req.issueIds];
      return into;
    },
    async listIssueEvents(req) {
      const issue = find(req.issueId);
      await gate(issue.projectId);
      const all = Array.from({ length: EVENTS }, (_, n) => summary(issue, n, EVENTS)).filter(
        (e) => !req.end || !e.timestamp || timestampMs(e.timestamp) < timestampMs(req.end),
      );
      const from = Number(req.pageToken || 0);
      const size = req.pageSize || 50;
      return {
        events: all.slice(from, from + size),
        nextPageToken: from + size < all.length ? String(from + size) : "",
      };
    },
    async listIssueActivity(req) {
      return { activities: store.activity.get(find(req.issueId).id) ?? [] };
    },
    async listEvents(req) {
      await gate(req.projectId);
      const list = (store.issues.get(req.projectId) ?? []).filter((i) => matches(req.query, i));
      return { events: list.slice(0, req.pageSize || 50).map((i) => summary(i, 0, EVENTS)) };
    },
    async getEvent(req) {
      const issue = req.issueId ? find(req.issueId) : (store.issues.get(req.projectId) ?? [])[0];
      if (!issue) throw new ConnectError("no such event", Code.NotFound);
      await gate(issue.projectId);
      if (req.eventId === "latest" || !req.eventId) return makeEvent(issue, 0, EVENTS, lastSeenMs(issue));
      if (req.eventId === "oldest") return makeEvent(issue, EVENTS - 1, EVENTS, lastSeenMs(issue));
      for (let n = 0; n < EVENTS; n++) {
        const e = makeEvent(issue, n, EVENTS, lastSeenMs(issue));
        if (e.eventId === req.eventId.replaceAll("-", "")) return e;
      }
      throw new ConnectError(`no event ${req.eventId} in this issue`, Code.NotFound);
    },
    async explore(req) {
      await gate(req.projectId);
      const r = random(req.projectId + req.groupBy.length);
      const groups =
        req.groupBy === ""
          ? [""]
          : req.groupBy === "environment"
            ? ["production", "staging", "dev"]
            : ["shop@1.8.0", "shop@1.7.4", "shop@1.6.2", "shop@1.6.1"];
      const start = req.start ? timestampMs(req.start) : store.now - 14 * 86_400_000;
      const end = req.end ? timestampMs(req.end) : store.now;
      const n = req.buckets;
      const series =
        (store.issues.get(req.projectId)?.length ?? 0) === 0
          ? []
          : groups.map((group, g) => {
              const values = Array.from({ length: n }, (_, i) =>
                BigInt(Math.floor((60 / (g + 1)) * (1 + Math.sin(i / 6)) + r.int(20))),
              );
              return { group, values, total: n ? values.reduce((a, b) => a + b, 0n) : BigInt(9000 >> g) };
            });
      return {
        series,
        times: Array.from({ length: n }, (_, i) => timestampFromMs(start + ((end - start) * i) / n)),
        sql: "SELECT count() FROM events WHERE project_id = {project:UInt32}",
      };
    },
    async listOutcomes(req) {
      await gate(req.projectId);
      if ((store.issues.get(req.projectId)?.length ?? 0) === 0) return { series: [], times: [] };
      const start = req.start ? timestampMs(req.start) : store.now - 14 * 86_400_000;
      const end = req.end ? timestampMs(req.end) : store.now;
      const n = req.buckets || 1;
      const r = random(5);
      const of = (outcome: string, reason: string, size: number) => {
        const values = Array.from({ length: n }, (_, i) =>
          BigInt(Math.floor(size * (1.1 + Math.sin(i / 7)) + r.int(Math.ceil(size / 2)))),
        );
        return { outcome, reason, values, total: values.reduce((a, b) => a + b, 0n) };
      };
      return {
        series: [
          of("stored", "", 820),
          of("filtered", "filter_release", 90),
          of("limited", "rate_limit", 41),
          of("invalid", "event_size", 6),
          of("duplicate", "event_id", 12),
          of("lost", "queue_overflow", 2),
        ],
        times: Array.from({ length: n }, (_, i) => timestampFromMs(start + ((end - start) * i) / n)),
      };
    },
    async listAttachments(req) {
      await gate(req.projectId);
      const now = timestampFromMs(store.now);
      const end = timestampFromMs(store.now + 30 * 86_400_000);
      const file = (id: string, filename: string, contentType: string, size: bigint, leftOut = "") => ({
        id,
        filename,
        contentType,
        type: "event.attachment",
        size,
        leftOut,
        createdAt: now,
        expiresAt: end,
      });
      return {
        attachments: [
          file("a1", "screenshot.png", "image/png", 48_213n),
          file("a2", "app.log", "text/plain", 3_400n),
          file("a3", "core.dmp", "application/x-dmp", 81_000_000n, "attachment_item_bytes"),
        ],
      };
    },
    async listReleaseHealth(req) {
      await gate(req.projectId);
      if ((store.issues.get(req.projectId)?.length ?? 0) === 0) return { releases: [], sessions: 0n, users: 0n };
      return releaseHealth(store.now, req.environment);
    },
    async listMonitors(req) {
      await gate(req.projectId);
      const issues = store.issues.get(req.projectId)?.length ?? 0;
      if (issues === 0) return { monitors: [] };
      return monitors(store.now, issues > 100, req.environment, req.search);
    },
    async *tail(req, ctx) {
      await gate(req.projectId);
      const list = (store.issues.get(req.projectId) ?? []).filter((i) => matches(req.query, i));
      yield {};
      for (let n = 0; !ctx.signal.aborted; n++) {
        await new Promise((r) => setTimeout(r, list.length > 20 ? 250 : 2000));
        const i = list[(n * 7) % Math.max(list.length, 1)];
        if (!i) yield {};
        else {
          const event = summary(i, n % EVENTS, EVENTS);
          event.timestamp = timestampFromMs(Date.now());
          yield { event, skipped: n % 12 === 11 ? 7n : 0n };
        }
      }
    },
  };
}
