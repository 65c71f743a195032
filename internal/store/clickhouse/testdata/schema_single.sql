CREATE DATABASE IF NOT EXISTS faultline ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS faultline.schema_migrations (
  version UInt32,
  name String,
  applied_at DateTime('UTC')
) ENGINE = MergeTree
ORDER BY version;

-- schema

CREATE TABLE IF NOT EXISTS faultline.events (
  project_id UInt32,
  fingerprint UUID,
  event_id UUID,
  timestamp DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  retention_days UInt16,
  key_id LowCardinality(String),
  block LowCardinality(String),
  level UInt8,
  handled UInt8,
  title String,
  culprit LowCardinality(String),
  platform LowCardinality(String),
  logger LowCardinality(String),
  transaction LowCardinality(String),
  server_name LowCardinality(String),
  release LowCardinality(String),
  dist LowCardinality(String),
  environment LowCardinality(String),
  sdk_name LowCardinality(String),
  sdk_version LowCardinality(String),
  message String,
  message_template String,
  exceptions Nested(type LowCardinality(String), value String, module LowCardinality(String), mechanism LowCardinality(String), handled UInt8, more String),
  frames Nested(exception UInt16, function LowCardinality(String), module LowCardinality(String), filename LowCardinality(String), abs_path LowCardinality(String), line UInt32, column UInt32, in_app UInt8, source LowCardinality(String), vars String, native String),
  crumbs Nested(time DateTime64(9, 'UTC'), type LowCardinality(String), category LowCardinality(String), level UInt8, message String, data String),
  user_id String,
  user_email String,
  user_username String,
  user_name String,
  user_ip String,
  user_hash UInt64,
  http_method LowCardinality(String),
  http_url String,
  contexts Nested(name LowCardinality(String), data String),
  tags Map(LowCardinality(String), String),
  extra String,
  trace_id FixedString(16),
  span_id FixedString(8),
  parts Nested(kind LowCardinality(String), value LowCardinality(String), source LowCardinality(String)),
  rest String,
  search_text String,
  INDEX ix_event_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_search_text search_text TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(search_text))
) ENGINE = MergeTree
PARTITION BY toMonday(timestamp)
ORDER BY (project_id, fingerprint, timestamp)
TTL toDateTime(timestamp) + toIntervalDay(if(retention_days = 0, 20000, retention_days))
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', min_columns_to_activate_adaptive_write_buffer = 1, index_granularity = 2048, min_bytes_for_wide_part = 268435456, merge_selector_base = 16, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS faultline.issue_totals (
  project_id UInt32,
  fingerprint UUID,
  events SimpleAggregateFunction(sum, UInt64),
  users AggregateFunction(uniqCombined64If(12), UInt64, UInt8),
  first_seen SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
  last_seen SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
  first_received SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  first_event AggregateFunction(argMin, Tuple(UUID, DateTime64(9, 'UTC')), DateTime64(3, 'UTC')),
  handled SimpleAggregateFunction(min, UInt8),
  latest AggregateFunction(argMax, Tuple(String, String, UInt8, String), DateTime64(9, 'UTC')),
  first_release AggregateFunction(argMinIf, String, DateTime64(9, 'UTC'), UInt8),
  last_release AggregateFunction(argMaxIf, String, DateTime64(9, 'UTC'), UInt8)
) ENGINE = AggregatingMergeTree
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity = 256, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS faultline.issue_totals_mv TO faultline.issue_totals AS
SELECT
  project_id,
  fingerprint,
  count() AS events,
  uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users,
  min(timestamp) AS first_seen,
  max(timestamp) AS last_seen,
  min(received_at) AS first_received,
  argMinState((event_id, timestamp), received_at) AS first_event,
  min(e.handled) AS handled,
  argMaxState((title, toString(culprit), level, toString(platform)), timestamp) AS latest,
  argMinIfState(toString(release), timestamp, release != '') AS first_release,
  argMaxIfState(toString(release), timestamp, release != '') AS last_release
FROM faultline.events AS e
GROUP BY project_id, fingerprint;

CREATE TABLE IF NOT EXISTS faultline.issue_hours (
  project_id UInt32,
  fingerprint UUID,
  hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
  environment LowCardinality(String),
  events SimpleAggregateFunction(sum, UInt64),
  users AggregateFunction(uniqCombined64If(12), UInt64, UInt8)
) ENGINE = AggregatingMergeTree
PARTITION BY toStartOfMonth(hour)
ORDER BY (project_id, fingerprint, hour, environment)
TTL hour + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', index_granularity = 256, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS faultline.issue_hours_mv TO faultline.issue_hours AS
SELECT
  project_id,
  fingerprint,
  toStartOfHour(toDateTime(timestamp, 'UTC')) AS hour,
  environment,
  count() AS events,
  uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users
FROM faultline.events
GROUP BY project_id, fingerprint, hour, environment;

CREATE TABLE IF NOT EXISTS faultline.outcomes (
  project_id UInt32,
  minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
  kind UInt8,
  reason LowCardinality(String),
  key_id LowCardinality(String),
  fingerprint UUID,
  events UInt64
) ENGINE = SummingMergeTree(events)
PARTITION BY toMonday(minute)
ORDER BY (project_id, minute, kind, reason, key_id, fingerprint)
TTL minute + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS faultline.outcomes_mv TO faultline.outcomes AS
SELECT
  project_id,
  toStartOfMinute(toDateTime(received_at, 'UTC')) AS minute,
  1 AS kind,
  '' AS reason,
  key_id,
  toUUID('00000000-0000-0000-0000-000000000000') AS fingerprint,
  count() AS events
FROM faultline.events
GROUP BY project_id, minute, key_id;

CREATE TABLE IF NOT EXISTS faultline.issue_states (
  project_id UInt32,
  fingerprint UUID,
  number UInt64,
  status LowCardinality(String),
  substatus LowCardinality(String),
  reason LowCardinality(String),
  since DateTime64(6, 'UTC'),
  release String,
  assignee String,
  updated_at DateTime64(6, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)';

CREATE TABLE IF NOT EXISTS faultline.issue_merges (
  project_id UInt32,
  fingerprint UUID,
  merged_into UUID,
  undone UInt8,
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)';

-- trace_index

ALTER TABLE faultline.events ADD INDEX IF NOT EXISTS ix_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1;

ALTER TABLE faultline.events MATERIALIZE INDEX ix_trace_id;

-- row_numbers

ALTER TABLE faultline.events MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1;

-- health

CREATE TABLE IF NOT EXISTS faultline.session_rows (
  project_id UInt32,
  hour DateTime('UTC'),
  release String,
  environment String,
  session UInt64,
  user UInt64,
  started UInt64,
  errored UInt64,
  crashed UInt64,
  abnormal UInt64,
  status UInt8
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS faultline.session_hours (
  project_id UInt32,
  release LowCardinality(String),
  environment LowCardinality(String),
  hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
  started SimpleAggregateFunction(sum, UInt64),
  errored SimpleAggregateFunction(sum, UInt64),
  crashed SimpleAggregateFunction(sum, UInt64),
  abnormal SimpleAggregateFunction(sum, UInt64),
  troubled_ones AggregateFunction(uniqCombined64If(14), UInt64, UInt8),
  crashed_ones AggregateFunction(uniqCombined64If(14), UInt64, UInt8),
  abnormal_ones AggregateFunction(uniqCombined64If(14), UInt64, UInt8),
  users AggregateFunction(uniqCombined64If(12), UInt64, UInt8),
  crashed_users AggregateFunction(uniqCombined64If(12), UInt64, UInt8)
) ENGINE = AggregatingMergeTree
PARTITION BY toStartOfMonth(hour)
ORDER BY (project_id, release, environment, hour)
TTL hour + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS faultline.session_hours_mv TO faultline.session_hours AS
SELECT
  project_id,
  release,
  environment,
  hour,
  sum(r.started) AS started,
  sum(r.errored) AS errored,
  sum(r.crashed) AS crashed,
  sum(r.abnormal) AS abnormal,
  uniqCombined64IfState(14)(session, session != 0 AND status >= 2) AS troubled_ones,
  uniqCombined64IfState(14)(session, session != 0 AND status = 3) AS crashed_ones,
  uniqCombined64IfState(14)(session, session != 0 AND status = 4) AS abnormal_ones,
  uniqCombined64IfState(12)(user, user != 0) AS users,
  uniqCombined64IfState(12)(user, user != 0 AND (status = 3 OR r.crashed > 0)) AS crashed_users
FROM faultline.session_rows AS r
GROUP BY project_id, release, environment, hour;

CREATE TABLE IF NOT EXISTS faultline.check_ins (
  project_id UInt32,
  monitor String,
  environment LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  id UUID,
  status LowCardinality(String),
  duration_ms UInt64,
  schedule LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY toStartOfMonth(at)
ORDER BY (project_id, monitor, environment, at)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000;

-- monitors

ALTER TABLE faultline.check_ins
  ADD COLUMN IF NOT EXISTS timezone LowCardinality(String),
  ADD COLUMN IF NOT EXISTS margin_s UInt32,
  ADD COLUMN IF NOT EXISTS max_runtime_s UInt32;

-- moves

ALTER TABLE faultline.events ADD COLUMN IF NOT EXISTS moved UUID;

CREATE TABLE IF NOT EXISTS faultline.issue_moves (
  project_id UInt32,
  regrouping String,
  fingerprint UUID,
  moved UUID,
  undone UInt8,
  parts String
) ENGINE = ReplacingMergeTree
ORDER BY (project_id, regrouping, fingerprint, moved, undone)
SETTINGS default_compression_codec = 'ZSTD(1)';
