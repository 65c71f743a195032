-- What jobs say of themselves beside their schedule, so that a run that does not come or does not end is noticed. 0: not told.
ALTER TABLE {{local "check_ins"}}{{cluster}}
  ADD COLUMN IF NOT EXISTS timezone LowCardinality(String),
  ADD COLUMN IF NOT EXISTS margin_s UInt32,
  ADD COLUMN IF NOT EXISTS max_runtime_s UInt32;

{{if clustered}}ALTER TABLE {{name "check_ins"}}{{cluster}}
  ADD COLUMN IF NOT EXISTS timezone LowCardinality(String),
  ADD COLUMN IF NOT EXISTS margin_s UInt32,
  ADD COLUMN IF NOT EXISTS max_runtime_s UInt32;{{end}}
