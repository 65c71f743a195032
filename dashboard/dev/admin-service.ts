import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type AlertService,
  KeySchema,
  ProjectSchema,
  type ProjectService,
  RuleSchema,
  type SessionService,
  TokenSchema,
} from "../src/gen/faultline/admin/v1/admin_pb.ts";
import { makeIssues } from "./issues.ts";
import type { Store } from "./store.ts";

const stamp = () => timestampFromMs(Date.now());
const secret = () => Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join("");

export function sessionService(store: Store): ServiceImpl<typeof SessionService> {
  const session = () => ({
    member: store.members[0],
    organization: { id: "o1", name: "Shop" },
    version: "0.1.0-dev",
    baseUrl: "http://localhost:8080",
  });
  return {
    async signIn(req) {
      if (req.password === "wrong") throw new ConnectError("e-mail or password is wrong", Code.Unauthenticated);
      store.signedIn = true;
      return session();
    },
    async signOut() {
      store.signedIn = false;
      return {};
    },
    async getSession() {
      if (!store.signedIn) throw new ConnectError("nobody is signed in", Code.Unauthenticated);
      return session();
    },
  };
}

export function projectService(store: Store): ServiceImpl<typeof ProjectService> {
  let asked = 0;
  return {
    async listProjects() {
      return { projects: store.projects };
    },
    async getProject(req) {
      const p = store.projects.find((x) => x.id === req.projectId);
      if (!p) throw new ConnectError("no such project", Code.NotFound);
      // A project made here receives its first event after a few looks at it.
      if (p.id >= 100 && !p.firstEventAt && ++asked > 3) {
        p.firstEventAt = stamp();
        store.issues.set(p.id, makeIssues(p, 1, Date.now()));
      }
      return p;
    },
    async createProject(req) {
      const id = 100 + store.projects.length;
      const slug = req.slug || req.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      if (store.projects.some((p) => p.slug === slug))
        throw new ConnectError(`a project named ${slug} exists`, Code.AlreadyExists);
      const p = create(ProjectSchema, {
        id,
        slug,
        name: req.name,
        platform: req.platform,
        createdAt: stamp(),
        retentionDays: 90,
        etag: "1",
      });
      store.projects.push(p);
      store.issues.set(id, []);
      const key = secret();
      store.keys.push(
        create(KeySchema, {
          id: key,
          projectId: id,
          kind: "dsn",
          name: "Default",
          dsn: `http://${key}@localhost:8080/${id}`,
          createdAt: stamp(),
        }),
      );
      return p;
    },
    async updateProject(req) {
      const p = store.projects.find((x) => x.id === req.projectId);
      if (!p) throw new ConnectError("no such project", Code.NotFound);
      if (req.etag && req.etag !== p.etag)
        throw new ConnectError(`project ${p.slug} was changed by somebody else since it was read`, Code.Aborted);
      p.etag = String(Number(p.etag) + 1);
      p.name = req.name ?? p.name;
      p.platform = req.platform ?? p.platform;
      p.fingerprintRules = req.fingerprintRules ?? p.fingerprintRules;
      p.stackRules = req.stackRules ?? p.stackRules;
      if (req.settings) p.settings = { ...p.settings, ...req.settings };
      return p;
    },
    async listKeys(req) {
      return { keys: store.keys.filter((k) => k.projectId === req.projectId) };
    },
    async createKey(req) {
      const id = secret();
      const jwt = req.kind === "jwt";
      const k = create(KeySchema, {
        id,
        projectId: req.projectId,
        kind: req.kind,
        name: req.name,
        dsn: jwt ? "" : `http://${id}@localhost:8080/${req.projectId}`,
        createdAt: stamp(),
        ratePerSecond: req.ratePerSecond,
        rateBurst: req.rateBurst,
      });
      if (req.ttl) k.expiresAt = timestampFromMs(Date.now() + Number(req.ttl.seconds) * 1000);
      store.keys.unshift(k);
      return jwt ? { ...k, secret: `eyJhbGciOiJFZERTQSJ9.${secret()}.${secret()}` } : k;
    },
    async updateKey(req) {
      const k = store.keys.find((x) => x.id === req.keyId);
      if (!k) throw new ConnectError("no such key", Code.NotFound);
      k.ratePerSecond = req.ratePerSecond ?? k.ratePerSecond;
      k.rateBurst = req.rateBurst ?? k.rateBurst;
      return k;
    },
    async revokeKey(req) {
      const k = store.keys.find((x) => x.id === req.keyId);
      if (!k) throw new ConnectError("no such key", Code.NotFound);
      k.revokedAt = stamp();
      return k;
    },
    async listTokens() {
      return { tokens: store.tokens };
    },
    async createToken(req) {
      const t = create(TokenSchema, { id: secret(), name: req.name, scopes: req.scopes, createdAt: stamp() });
      if (req.ttl) t.expiresAt = timestampFromMs(Date.now() + Number(req.ttl.seconds) * 1000);
      store.tokens.unshift(t);
      return { ...t, secret: `flt_${secret()}` };
    },
    async revokeToken(req) {
      const t = store.tokens.find((x) => x.id === req.tokenId);
      if (!t) throw new ConnectError("no such token", Code.NotFound);
      t.revokedAt = stamp();
      return t;
    },
    async listMembers() {
      return { members: store.members };
    },
  };
}

export function alertService(store: Store): ServiceImpl<typeof AlertService> {
  return {
    async listRules(req) {
      if (req.projectId === 4) throw new ConnectError("read rules: database is locked", Code.Internal);
      return { rules: store.rules.filter((r) => r.projectId === req.projectId) };
    },
    async createRule(req) {
      const r = Object.assign(create(RuleSchema, req.rule), {
        id: `r${Date.now()}`,
        projectId: req.projectId,
        createdAt: stamp(),
      });
      store.rules.push(r);
      return r;
    },
    async updateRule(req) {
      const at = store.rules.findIndex((r) => r.id === req.rule?.id);
      if (at < 0 || !req.rule) throw new ConnectError("no such rule", Code.NotFound);
      store.rules[at] = req.rule;
      return req.rule;
    },
    async deleteRule(req) {
      store.rules = store.rules.filter((r) => r.id !== req.ruleId);
      return {};
    },
    async listDeliveries(req) {
      const all = store.deliveries
        .filter(
          (d) =>
            d.projectId === req.projectId &&
            (!req.ruleId || d.ruleId === req.ruleId) &&
            (!req.status || d.status === req.status),
        )
        .sort((a, b) => (b.createdAt && a.createdAt ? timestampMs(b.createdAt) - timestampMs(a.createdAt) : 0));
      const from = Number(req.pageToken || 0);
      return { deliveries: all.slice(from, from + 25), nextPageToken: from + 25 < all.length ? String(from + 25) : "" };
    },
  };
}
