-- A repair may be of a regrouping instead of an upload: stored events of issues that came apart are moved, or moved no more.
ALTER TABLE artifact_repairs ADD COLUMN regrouping TEXT NOT NULL DEFAULT '';

-- What comes apart by a regrouping, and how far the moving of stored events has come.
ALTER TABLE regroupings ADD COLUMN torn TEXT NOT NULL DEFAULT '[]';
ALTER TABLE regroupings ADD COLUMN past TEXT NOT NULL DEFAULT '';
ALTER TABLE regroupings ADD COLUMN looked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE regroupings ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
