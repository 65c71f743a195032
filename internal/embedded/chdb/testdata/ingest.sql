CREATE TABLE events (
  project_id UInt32, fingerprint UUID, event_id UUID,
  timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  level UInt8, platform LowCardinality(String), release LowCardinality(String), environment LowCardinality(String),
  culprit LowCardinality(String), exception_types Array(LowCardinality(String)), exception_values Array(String) CODEC(ZSTD(1)),
  search_text String CODEC(ZSTD(1)), user_id String CODEC(ZSTD(1)), user_hash UInt64, url String CODEC(ZSTD(1)),
  tags Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  frames Nested(function LowCardinality(String), module LowCardinality(String), filename LowCardinality(String), lineno UInt32, in_app UInt8),
  crumbs Nested(ts UInt64, category LowCardinality(String), message String, data String),
  contexts String CODEC(ZSTD(1)),
  INDEX ix_event event_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_text search_text TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(search_text))
) ENGINE = MergeTree PARTITION BY toMonday(timestamp) ORDER BY (project_id, fingerprint, timestamp)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 1000;

CREATE TABLE issue_hours (
  project_id UInt32, fingerprint UUID, hour DateTime('UTC'),
  events SimpleAggregateFunction(sum, UInt64), users AggregateFunction(uniqCombined64(12), UInt64) CODEC(ZSTD(1))
) ENGINE = AggregatingMergeTree ORDER BY (project_id, fingerprint, hour) SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW issue_hours_mv TO issue_hours AS
SELECT project_id, fingerprint, toStartOfHour(toDateTime(timestamp, 'UTC')) AS hour, count() AS events, uniqCombined64State(12)(user_hash) AS users
FROM events GROUP BY project_id, fingerprint, hour;

SELECT
  toUInt32(h % 50) AS project_id,
  reinterpretAsUUID(sipHash128(issue)) AS fingerprint,
  generateUUIDv4(n) AS event_id,
  toDateTime64('2026-11-20 00:00:00', 3, 'UTC') + toIntervalMillisecond(n * 37 + {seed:UInt32} * 1000) AS timestamp,
  timestamp + toIntervalMillisecond(40) AS received_at,
  toUInt8(3 + h % 3) AS level, 'javascript' AS platform,
  concat('web@1.', toString(h % 30)) AS release, arrayElement(['production', 'staging', 'dev'], h % 3 + 1) AS environment,
  concat('handler', toString(issue % 500)) AS culprit,
  [concat('Error', toString(issue % 200))] AS exception_types,
  [concat('failed to process order ', toString(h % 100000), ' of tenant ', hex(h % 1000), ': unexpected ', hex(issue))] AS exception_values,
  concat(exception_types[1], ': ', exception_values[1], ' /checkout/', toString(issue % 300)) AS search_text,
  toString(h % 50000) AS user_id, h % 50000 AS user_hash,
  concat('https://shop.example/checkout/', toString(issue % 300), '?cart=', hex(h)) AS url,
  map('browser', concat('Chrome ', toString(100 + h % 30)), 'os', arrayElement(['Linux', 'macOS', 'Windows'], h % 3 + 1), 'tenant', hex(h % 1000), 'region', 'eu-1', 'node', concat('node-', toString(h % 64))) AS tags,
  arrayMap(i -> concat('function', toString((issue * 31 + i) % 3000)), range(24)) AS `frames.function`,
  arrayMap(i -> concat('module.', toString((issue + i) % 300)), range(24)) AS `frames.module`,
  arrayMap(i -> concat('/srv/app/src/', toString((issue * 7 + i) % 900), '.js'), range(24)) AS `frames.filename`,
  arrayMap(i -> toUInt32((issue * 13 + i * 17) % 800), range(24)) AS `frames.lineno`,
  arrayMap(i -> toUInt8(i % 3 = 0), range(24)) AS `frames.in_app`,
  arrayMap(i -> toUInt64(toUnixTimestamp64Milli(timestamp)) - i * 800, range(10)) AS `crumbs.ts`,
  arrayMap(i -> arrayElement(['http', 'ui.click', 'navigation', 'console'], (h + i) % 4 + 1), range(10)) AS `crumbs.category`,
  arrayMap(i -> concat('GET /api/items/', toString((h + i) % 4000), ' in ', toString(h % 90), ' ms'), range(10)) AS `crumbs.message`,
  arrayMap(i -> '{"status":200}', range(10)) AS `crumbs.data`,
  concat('{"device":{"arch":"x86_64","memory":', toString(h % 64), '},"request":{"method":"POST","cookies":"', hex(h), '"}}') AS contexts
FROM (SELECT number + {seed:UInt32} * 1000000 AS n, sipHash64(n) AS h, h % 5000 AS issue FROM numbers({rows:UInt32}))
FORMAT Native
