-- What clients say of sessions passes through this table into the roll-up and is not kept.
CREATE TABLE IF NOT EXISTS {{local "session_rows"}}{{cluster}} (
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

{{distributed "session_rows"}}

-- Sessions by release, environment and the hour in which they began. A session whose end is told twice ends once: ends are sets of hashes.
-- Beside them are sums of what clients counted themselves.
CREATE TABLE IF NOT EXISTS {{local "session_hours"}}{{cluster}} (
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
) ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toStartOfMonth(hour)
ORDER BY (project_id, release, environment, hour)
TTL hour + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{window}};

{{distributed "session_hours"}}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{name "session_hours_mv"}}{{cluster}} TO {{local "session_hours"}} AS
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
FROM {{local "session_rows"}} AS r
GROUP BY project_id, release, environment, hour;

-- What scheduled jobs say of their runs.
CREATE TABLE IF NOT EXISTS {{local "check_ins"}}{{cluster}} (
  project_id UInt32,
  monitor String,
  environment LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  id UUID,
  status LowCardinality(String),
  duration_ms UInt64,
  schedule LowCardinality(String)
) ENGINE = {{engine "MergeTree"}}
PARTITION BY toStartOfMonth(at)
ORDER BY (project_id, monitor, environment, at)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{window}};

{{distributed "check_ins"}}
