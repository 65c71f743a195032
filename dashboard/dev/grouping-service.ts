import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type GroupingService,
  type Regrouping,
  RegroupingSchema,
  RuleProblemsSchema,
} from "../src/gen/faultline/admin/v1/admin_pb.ts";
import type { Issue } from "../src/gen/faultline/query/v1/query_pb.ts";
import type { Store } from "./store.ts";

/** Rules as the fixture reads them: a fingerprint rule needs an arrow, and conditions have a colon. */
function check(fingerprints = "", stacks = "") {
  const wrong = (field: string, text: string, bad: (line: string) => string | undefined) =>
    text.split("\n").flatMap((line, n) => {
      const problem = line.trim() !== "" && !line.startsWith("#") ? bad(line) : undefined;
      return problem ? [{ field, line: n + 1, column: Math.max(line.indexOf(" "), 0) + 1, problem }] : [];
    });
  const problems = [
    ...wrong("fingerprint_rules", fingerprints, (l) =>
      l.includes("->") ? undefined : "-> and what to group by are missing",
    ),
    ...wrong("stack_rules", stacks, (l) => (l.includes(":") ? undefined : "a condition is missing")),
  ];
  if (problems.length === 0) return;
  const text = problems.map((p) => `line ${p.line}, column ${p.column}: ${p.problem}`).join("; ");
  throw new ConnectError(text, Code.InvalidArgument, undefined, [{ desc: RuleProblemsSchema, value: { problems } }]);
}

const shown = (i: Issue) => ({ id: i.id, shortId: i.shortId, title: i.title, culprit: i.culprit, events: i.count });

export function groupingService(store: Store): ServiceImpl<typeof GroupingService> {
  let done: Regrouping[] = [];
  const before = new Map<string, { fingerprintRules: string; stackRules: string }>();
  const project = (id: number) => {
    const p = store.projects.find((x) => x.id === id);
    if (!p) throw new ConnectError("no such project", Code.NotFound);
    return p;
  };
  return {
    async previewGrouping(req) {
      check(req.fingerprintRules, req.stackRules);
      const p = project(req.projectId);
      const issues = store.issues.get(p.id) ?? [];
      const same = req.fingerprintRules === p.fingerprintRules && req.stackRules === p.stackRules;
      const [a, b, c, d, e] = issues;
      if (req.validateOnly || same || !a || !b || !c || !d || !e)
        return { issues: issues.length, staying: issues.length, events: 0n };
      return {
        events: 48_211n,
        eventsLookedAt: 20_000n,
        stoppedBy: "limit",
        issues: issues.length,
        staying: issues.length - 4,
        renamed: 1,
        eventsGroupedOtherwise: 12n,
        mergeCount: 1,
        merges: [{ into: shown(a), from: [shown(b), shown(c)], fromCount: 2, title: a.title }],
        splitCount: 1,
        splits: [
          {
            issue: shown(d),
            partCount: 3,
            parts: [
              { title: d.title, culprit: d.culprit, events: 310n, joins: shown(d) },
              { title: d.title, culprit: d.culprit, events: 41n },
              { title: e.title, culprit: e.culprit, events: 3n, joins: shown(e) },
            ],
          },
        ],
      };
    },
    async applyGrouping(req) {
      check(req.fingerprintRules, req.stackRules);
      const p = project(req.projectId);
      if (req.etag !== p.etag) throw new ConnectError("project was changed by somebody else", Code.Aborted);
      const r = create(RegroupingSchema, {
        id: `g${done.length + 1}`,
        projectId: p.id,
        name: req.name || "2 issues merged, 1 issue split",
        actor: store.members[0]?.email ?? "",
        createdAt: timestampFromMs(Date.now()),
        merged: 2,
        split: 1,
        renamed: 1,
        past: "moving",
        eventsLookedAt: 1_250n,
        eventsMoved: 41n,
      });
      before.set(r.id, { fingerprintRules: p.fingerprintRules, stackRules: p.stackRules });
      p.fingerprintRules = req.fingerprintRules ?? p.fingerprintRules;
      p.stackRules = req.stackRules ?? p.stackRules;
      p.etag = String(Number(p.etag) + 1);
      done = [r, ...done];
      return { project: p, regrouping: r };
    },
    async listRegroupings(req) {
      const listed = done.filter((r) => r.projectId === req.projectId);
      const answer = listed.map((r) => ({ ...r }));
      for (const r of listed) if (r.past === "moving") Object.assign(r, { past: "moved", eventsLookedAt: 2_810n });
      return { regroupings: answer };
    },
    async undoRegrouping(req) {
      const r = done.find((x) => x.id === req.regroupingId);
      if (!r) throw new ConnectError("no such regrouping", Code.NotFound);
      const p = project(req.projectId);
      Object.assign(p, before.get(r.id), { etag: String(Number(p.etag) + 1) });
      r.undoneAt = timestampFromMs(Date.now());
      r.undoneBy = r.actor;
      return { regrouping: r, project: p, separated: r.merged, rulesRestored: true };
    },
  };
}
