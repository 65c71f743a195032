import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type Delivery,
  DeliverySchema,
  type Key,
  KeySchema,
  type Member,
  MemberSchema,
  type Project,
  ProjectSchema,
  type Rule,
  RuleSchema,
  type Token,
  TokenSchema,
} from "../src/gen/faultline/admin/v1/admin_pb.ts";
import { type Activity, ActivitySchema, type Issue } from "../src/gen/faultline/query/v1/query_pb.ts";
import { makeIssues } from "./issues.ts";
import { random } from "./random.ts";

/** Everything the fixture server knows; changes last until it stops. */
export type Store = {
  signedIn: boolean;
  now: number;
  projects: Project[];
  issues: Map<number, Issue[]>;
  activity: Map<string, Activity[]>;
  keys: Key[];
  tokens: Token[];
  members: Member[];
  rules: Rule[];
  deliveries: Delivery[];
};

const DAY = 86_400_000;

/** Projects by what they show: much, little, none, errors, slowness. */
const kinds = [
  { id: 1, slug: "web", name: "Web shop", platform: "go", issues: 240 },
  { id: 2, slug: "worker", name: "Order worker", platform: "python", issues: 3 },
  { id: 3, slug: "fresh", name: "Fresh project", platform: "go", issues: 0 },
  { id: 4, slug: "broken", name: "Broken answers", platform: "go", issues: 0 },
  { id: 5, slug: "slow", name: "Slow network", platform: "go", issues: 12 },
];

export function makeStore(now = Date.now(), signedIn = true): Store {
  const r = random(11);
  const projects = kinds.map((k) =>
    create(ProjectSchema, {
      id: k.id,
      slug: k.slug,
      name: k.name,
      platform: k.platform,
      createdAt: timestampFromMs(now - 90 * DAY),
      firstEventAt: k.issues > 0 || k.slug === "broken" ? timestampFromMs(now - 60 * DAY) : undefined,
      retentionDays: 90,
      etag: "1",
      settings: { scrubbing: { defaults: true }, filters: { crawlers: true } },
    }),
  );
  const issues = new Map(kinds.map((k) => [k.id, makeIssues(k, k.issues, now)]));
  const activity = new Map<string, Activity[]>();
  for (const list of issues.values()) {
    for (const i of list) {
      activity.set(i.id, [
        create(ActivitySchema, {
          id: `${i.id}-0`,
          time: i.firstSeen,
          actor: "faultline",
          kind: "first_seen",
          detail: "",
        }),
      ]);
    }
  }
  const key = (project: number, n: number, name: string, revoked = false) => {
    const id = random(project * 17 + n).hex(32);
    return create(KeySchema, {
      id,
      projectId: project,
      kind: "dsn",
      name,
      dsn: `http://${id}@localhost:8080/${project}`,
      createdAt: timestampFromMs(now - (40 - n) * DAY),
      revokedAt: revoked ? timestampFromMs(now - DAY) : undefined,
    });
  };
  const rules = [
    create(RuleSchema, {
      id: "r1",
      projectId: 1,
      name: "New issues in production",
      enabled: true,
      triggers: ["new_issue", "regression"],
      query: "environment:production",
      emails: ["oncall@shop.example"],
      throttle: durationFromMs(30 * 60_000),
    }),
    create(RuleSchema, {
      id: "r2",
      projectId: 1,
      name: "Crashes",
      enabled: true,
      triggers: ["event"],
      query: "level:fatal",
      emails: ["oncall@shop.example", "ada@shop.example"],
      throttle: durationFromMs(5 * 60_000),
    }),
    create(RuleSchema, {
      id: "r3",
      projectId: 1,
      name: "Payments",
      enabled: false,
      triggers: ["new_issue"],
      query: "tag[handler]:postCheckout",
      emails: ["payments@shop.example"],
      throttle: durationFromMs(3_600_000),
    }),
  ];
  const web = issues.get(1) ?? [];
  const deliveries = Array.from({ length: 34 }, (_, n) => {
    const status = n === 2 ? "failed" : n === 9 ? "gave_up" : n % 5 === 3 ? "suppressed" : n === 0 ? "pending" : "sent";
    const at = now - n * 1_900_000 - 40_000;
    const rule = rules[n % 2];
    return create(DeliverySchema, {
      id: `d${n}`,
      projectId: 1,
      ruleId: rule?.id,
      ruleName: rule?.name,
      issueId: web[n]?.id,
      issueTitle: web[n]?.title,
      channel: "email",
      recipient: rule?.emails[0],
      status,
      reason: { failed: "smtp_error", gave_up: "smtp_error", suppressed: "throttled", pending: "", sent: "" }[status],
      error: status === "failed" || status === "gave_up" ? "421 4.7.0 mail server is busy, try again later" : "",
      attempts: status === "suppressed" || status === "pending" ? 0 : status === "gave_up" ? 8 : 1,
      createdAt: timestampFromMs(at),
      attemptedAt: status === "suppressed" || status === "pending" ? undefined : timestampFromMs(at + 300),
      eventReceivedAt: timestampFromMs(at - 120),
      latency: status === "sent" ? durationFromMs(280 + r.int(900)) : undefined,
    });
  });
  return {
    signedIn,
    now,
    projects,
    issues,
    activity,
    keys: kinds.flatMap((k) => [key(k.id, 1, "Default"), ...(k.id === 1 ? [key(1, 2, "Old checkout", true)] : [])]),
    tokens: [
      create(TokenSchema, {
        id: "t1",
        name: "CI",
        scopes: ["event:read", "issue:write"],
        createdAt: timestampFromMs(now - 20 * DAY),
        lastUsedAt: timestampFromMs(now - 3_600_000),
      }),
      create(TokenSchema, {
        id: "t2",
        name: "Grafana",
        scopes: ["event:read"],
        createdAt: timestampFromMs(now - 50 * DAY),
        revokedAt: timestampFromMs(now - 2 * DAY),
      }),
    ],
    members: [
      create(MemberSchema, { id: "m1", email: "owner@shop.example", name: "Owner", role: "owner" }),
      create(MemberSchema, { id: "m2", email: "ada@shop.example", name: "Ada", role: "admin" }),
      create(MemberSchema, { id: "m3", email: "grace@shop.example", name: "Grace", role: "member" }),
    ],
    rules,
    deliveries,
  };
}

export function lastSeenMs(i: Issue): number {
  return i.lastSeen ? timestampMs(i.lastSeen) : 0;
}
