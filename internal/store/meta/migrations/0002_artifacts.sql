-- What builds upload, and the releases they announce. Files themselves are not in here.

CREATE TABLE artifact_bundles (
    id         TEXT PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    checksum   TEXT NOT NULL,
    release    TEXT NOT NULL,
    dist       TEXT NOT NULL,
    bytes      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, checksum, release, dist)
);

CREATE TABLE artifact_files (
    bundle_id  TEXT NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    project_id BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    url        TEXT NOT NULL,
    debug_id   TEXT NOT NULL,
    map_url    TEXT NOT NULL,
    PRIMARY KEY (bundle_id, path)
);
CREATE INDEX artifact_files_by_debug_id ON artifact_files (project_id, debug_id);
CREATE INDEX artifact_files_by_url ON artifact_files (project_id, url);

CREATE TABLE releases (
    project_id  BIGINT NOT NULL REFERENCES projects (id),
    version     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    url         TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    released_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, version)
);
