-- One row an event, the whole event in columns. Rows carry the fingerprint, never the issue, so that merging is a matter of issue_merges alone.
-- block is the token of the insert, so that a block whose roll-ups a crash prevented can be found and completed.
-- Retention of 0 days keeps an event for good.
-- Merging a row costs three times what inserting it does, so many parts are merged at once: a row is rewritten half as often as by default.
-- Freshly inserted parts are compact: one file instead of three for each of many columns makes an insert cost a third.
CREATE TABLE IF NOT EXISTS {{local "events"}}{{cluster}} (
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
) ENGINE = {{engine "MergeTree"}}
PARTITION BY toMonday(timestamp)
ORDER BY (project_id, fingerprint, timestamp)
TTL toDateTime(timestamp) + toIntervalDay(if(retention_days = 0, 20000, retention_days))
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', min_columns_to_activate_adaptive_write_buffer = 1, index_granularity = 2048, min_bytes_for_wide_part = 268435456, merge_selector_base = 16, {{window}};

{{distributed "events"}}

-- What a list shows of an issue, over all time. Grows by a row for each fingerprint and block, and shrinks by merges.
-- Rows are large, a kilobyte of sketches, and questions are about few of them: marks are close together here and in issue_hours.
CREATE TABLE IF NOT EXISTS {{local "issue_totals"}}{{cluster}} (
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
) ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity = 256, {{window}};

{{distributed "issue_totals"}}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{name "issue_totals_mv"}}{{cluster}} TO {{local "issue_totals"}} AS
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
FROM {{local "events"}} AS e
GROUP BY project_id, fingerprint;

-- Events and users of an issue by hour and environment: counts within a range, and sparklines.
CREATE TABLE IF NOT EXISTS {{local "issue_hours"}}{{cluster}} (
  project_id UInt32,
  fingerprint UUID,
  hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
  environment LowCardinality(String),
  events SimpleAggregateFunction(sum, UInt64),
  users AggregateFunction(uniqCombined64If(12), UInt64, UInt8)
) ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toStartOfMonth(hour)
ORDER BY (project_id, fingerprint, hour, environment)
TTL hour + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', index_granularity = 256, {{window}};

{{distributed "issue_hours"}}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{name "issue_hours_mv"}}{{cluster}} TO {{local "issue_hours"}} AS
SELECT
  project_id,
  fingerprint,
  toStartOfHour(toDateTime(timestamp, 'UTC')) AS hour,
  environment,
  count() AS events,
  uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users
FROM {{local "events"}}
GROUP BY project_id, fingerprint, hour, environment;

-- What became of every event that arrived. Events that were not stored are counted by fingerprint too, where they came that far.
CREATE TABLE IF NOT EXISTS {{local "outcomes"}}{{cluster}} (
  project_id UInt32,
  minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
  kind UInt8,
  reason LowCardinality(String),
  key_id LowCardinality(String),
  fingerprint UUID,
  events UInt64
) ENGINE = {{engine "SummingMergeTree" "events"}}
PARTITION BY toMonday(minute)
ORDER BY (project_id, minute, kind, reason, key_id, fingerprint)
TTL minute + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{window}};

{{distributed "outcomes"}}

-- Stored events are counted by the insert that stores them, so that the count agrees with the rows whatever is killed. By key, not by fingerprint: that is in issue_hours.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{name "outcomes_mv"}}{{cluster}} TO {{local "outcomes"}} AS
SELECT
  project_id,
  toStartOfMinute(toDateTime(received_at, 'UTC')) AS minute,
  1 AS kind,
  '' AS reason,
  key_id,
  toUUID('00000000-0000-0000-0000-000000000000') AS fingerprint,
  count() AS events
FROM {{local "events"}}
GROUP BY project_id, minute, key_id;

-- The mirror of what the meta store knows of issues, so that a list of issues is one query. No row: unresolved and new.
CREATE TABLE IF NOT EXISTS {{local "issue_states"}}{{cluster}} (
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
) ENGINE = {{engine "ReplacingMergeTree" "version"}}
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)';

{{distributed "issue_states"}}

-- Fingerprints that count as another's issue; kept flat, no chains. Undone merges stay as rows, since a later version must win over an earlier one.
CREATE TABLE IF NOT EXISTS {{local "issue_merges"}}{{cluster}} (
  project_id UInt32,
  fingerprint UUID,
  merged_into UUID,
  undone UInt8,
  version UInt64
) ENGINE = {{engine "ReplacingMergeTree" "version"}}
ORDER BY (project_id, fingerprint)
SETTINGS default_compression_codec = 'ZSTD(1)';

{{distributed "issue_merges"}}
