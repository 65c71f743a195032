-- The fingerprint under which new rules group an event that was stored before them; zero: none. It counts only as far as issue_moves says so.
ALTER TABLE {{local "events"}}{{cluster}} ADD COLUMN IF NOT EXISTS moved UUID;

{{if clustered}}ALTER TABLE {{name "events"}}{{cluster}} ADD COLUMN IF NOT EXISTS moved UUID;{{end}}

-- By regroupings: events of a fingerprint count under another where that is what they were moved to. parts tell people why. First of all
-- each fingerprint that events are moved away from has a row of itself. A regrouping that has a row which is undone counts no more.
CREATE TABLE IF NOT EXISTS {{local "issue_moves"}}{{cluster}} (
  project_id UInt32,
  regrouping String,
  fingerprint UUID,
  moved UUID,
  undone UInt8,
  parts String
) ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY (project_id, regrouping, fingerprint, moved, undone)
SETTINGS default_compression_codec = 'ZSTD(1)';

{{distributed "issue_moves"}}
