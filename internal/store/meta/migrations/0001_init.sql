-- One text for SQLite and PostgreSQL. Times are microseconds since 1970 (0: not set), JSON is text.
-- {{.Serial}} is the engine's self-numbering primary key.

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX members_by_organization ON members (organization_id);

CREATE TABLE sessions (
    secret_hash TEXT PRIMARY KEY,
    member_id   TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE projects (
    id                BIGINT PRIMARY KEY,
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    slug              TEXT NOT NULL,
    name              TEXT NOT NULL,
    platform          TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    first_event_at    BIGINT NOT NULL,
    settings          TEXT NOT NULL,
    last_issue_number BIGINT NOT NULL,
    UNIQUE (organization_id, slug)
);

CREATE TABLE project_keys (
    id         TEXT PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX project_keys_by_project ON project_keys (project_id);

CREATE TABLE tokens (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    member_id       TEXT NOT NULL,
    name            TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    secret_hash     TEXT NOT NULL UNIQUE,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    revoked_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX tokens_by_organization ON tokens (organization_id);

-- What the installation must remember about itself: signing keys, the mark of the first start.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE issues (
    project_id    BIGINT NOT NULL REFERENCES projects (id),
    fingerprint   TEXT NOT NULL,
    number        BIGINT NOT NULL,
    status        TEXT NOT NULL,
    substatus     TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    release       TEXT NOT NULL,
    assignee      TEXT NOT NULL,
    title         TEXT NOT NULL,
    culprit       TEXT NOT NULL,
    level         TEXT NOT NULL,
    platform      TEXT NOT NULL,
    first_release TEXT NOT NULL,
    first_seen    BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (project_id, fingerprint),
    UNIQUE (project_id, number)
);
CREATE INDEX issues_by_status ON issues (project_id, status);

CREATE TABLE issue_activities (
    id          TEXT PRIMARY KEY,
    project_id  BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    at          BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL
);
CREATE INDEX issue_activities_by_issue ON issue_activities (project_id, fingerprint, at);

CREATE TABLE issue_outbox (
    id     {{.Serial}},
    change TEXT NOT NULL
);

CREATE TABLE issue_merges (
    project_id BIGINT NOT NULL,
    source     TEXT NOT NULL,
    target     TEXT NOT NULL,
    version    BIGINT NOT NULL,
    undone     BOOLEAN NOT NULL,
    PRIMARY KEY (project_id, source)
);
CREATE INDEX issue_merges_by_target ON issue_merges (project_id, target);

CREATE TABLE rules (
    id         TEXT PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    name       TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    triggers   TEXT NOT NULL,
    query      TEXT NOT NULL,
    emails     TEXT NOT NULL,
    throttle   BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX rules_by_project ON rules (project_id);

CREATE TABLE deliveries (
    id                TEXT PRIMARY KEY,
    project_id        BIGINT NOT NULL,
    rule_id           TEXT NOT NULL,
    rule_name         TEXT NOT NULL,
    fingerprint       TEXT NOT NULL,
    short_id          TEXT NOT NULL,
    cause             TEXT NOT NULL,
    event             TEXT NOT NULL,
    channel           TEXT NOT NULL,
    recipient         TEXT NOT NULL,
    status            TEXT NOT NULL,
    reason            TEXT NOT NULL,
    error             TEXT NOT NULL,
    attempts          BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    attempted_at      BIGINT NOT NULL,
    next_attempt_at   BIGINT NOT NULL,
    event_received_at BIGINT NOT NULL,
    sent_at           BIGINT NOT NULL
);
CREATE INDEX deliveries_by_project ON deliveries (project_id, created_at);
CREATE INDEX deliveries_by_due ON deliveries (status, next_attempt_at);
CREATE INDEX deliveries_by_issue ON deliveries (project_id, fingerprint, created_at);
