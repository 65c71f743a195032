-- Uploads whose past events are still to be explained. place is how far it has come; lease is when somebody else may go on with it.

CREATE TABLE artifact_repairs (
    id         TEXT PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    release    TEXT NOT NULL,
    dist       TEXT NOT NULL,
    debug_ids  TEXT NOT NULL,
    place      TEXT NOT NULL,
    seen       BIGINT NOT NULL,
    changed    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    lease      BIGINT NOT NULL
);
CREATE INDEX artifact_repairs_by_lease ON artifact_repairs (lease, created_at);
