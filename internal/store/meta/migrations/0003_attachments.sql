-- Files that belong to events. The bytes are not in here; an empty checksum stands for a file that was left out.

CREATE TABLE attachments (
    id           TEXT PRIMARY KEY,
    project_id   BIGINT NOT NULL,
    event_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    type         TEXT NOT NULL,
    bytes        BIGINT NOT NULL,
    checksum     TEXT NOT NULL,
    left_out     TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX attachments_by_event ON attachments (project_id, event_id);
CREATE INDEX attachments_by_checksum ON attachments (checksum);
CREATE INDEX attachments_by_expiry ON attachments (expires_at);

-- What a project kept on one day. Days are counted since 1970.
CREATE TABLE attachment_days (
    project_id BIGINT NOT NULL,
    day        BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    PRIMARY KEY (project_id, day)
);
