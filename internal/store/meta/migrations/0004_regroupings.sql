-- Which change of a project this is, so that two people who change it at once are told.
ALTER TABLE projects ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Rules that were applied to the past. merges holds what each merge was before, so that it can be taken back.
CREATE TABLE regroupings (
    id           TEXT PRIMARY KEY,
    project_id   BIGINT NOT NULL REFERENCES projects (id),
    name         TEXT NOT NULL,
    actor        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    merged       BIGINT NOT NULL,
    split        BIGINT NOT NULL,
    renamed      BIGINT NOT NULL,
    rules_before TEXT NOT NULL,
    rules_after  TEXT NOT NULL,
    merges       TEXT NOT NULL,
    undone_at    BIGINT NOT NULL,
    undone_by    TEXT NOT NULL
);
CREATE INDEX regroupings_by_project ON regroupings (project_id, created_at);
