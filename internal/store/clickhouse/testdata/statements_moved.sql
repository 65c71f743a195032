---- issues
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p1:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p2:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p5:UInt32} AND regrouping IN {p6:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p7:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p10:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p11:UInt32}
),
counts AS (
  SELECT if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id = {p13:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p14:UInt32} AND regrouping IN {p15:Array(String)} AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p16:UInt32} AND regrouping IN {p17:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p18:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p19:UInt32} AND regrouping IN {p20:Array(String)} AND undone = 0))) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id = {p12:UInt32}
    GROUP BY fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  GROUP BY issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, {p21:UInt32} AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.issue = c.issue
LEFT JOIN states AS s ON s.issue = c.issue
WHERE 1
ORDER BY t.last_seen DESC, c.issue
LIMIT {p22:UInt64} OFFSET {p23:UInt64}
-- p1 = "7"
-- p2 = "7"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "7"
-- p6 = "[r1 r2]"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "7"
-- p14 = "7"
-- p15 = "[r1 r2]"
-- p16 = "7"
-- p17 = "[r1 r2]"
-- p18 = "7"
-- p19 = "7"
-- p20 = "[r1 r2]"
-- p21 = "7"
-- p22 = "26"
-- p23 = "0"

---- issues, of several projects
WITH merges AS (
  SELECT project_id, fingerprint, merged_into FROM issue_merges FINAL WHERE project_id IN {p1:Array(UInt32)} AND undone = 0
),
totals AS (
  SELECT
    r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id IN {p2:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p3:Array(UInt32)}, {p4:Array(String)}) AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p5:Array(UInt32)}, {p6:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p7:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p8:Array(UInt32)}, {p9:Array(String)}) AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  WHERE r.project_id IN {p10:Array(UInt32)}
  GROUP BY project_id, issue
),
states AS (
  SELECT project_id, fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id IN {p11:Array(UInt32)}
),
counts AS (
  SELECT r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT project_id, fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id IN {p13:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p14:Array(UInt32)}, {p15:Array(String)}) AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p16:Array(UInt32)}, {p17:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p18:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p19:Array(UInt32)}, {p20:Array(String)}) AND undone = 0))) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id IN {p12:Array(UInt32)}
    GROUP BY project_id, fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  GROUP BY project_id, issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, c.project_id AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.project_id = c.project_id AND t.issue = c.issue
LEFT JOIN states AS s ON s.project_id = c.project_id AND s.issue = c.issue
WHERE 1
ORDER BY t.last_seen DESC, project_id, c.issue
LIMIT {p21:UInt64} OFFSET {p22:UInt64}
-- p1 = "[7 8 9]"
-- p2 = "[7 8 9]"
-- p3 = "[7 7 9]"
-- p4 = "[r1 r2 r3]"
-- p5 = "[7 7 9]"
-- p6 = "[r1 r2 r3]"
-- p7 = "[7 9]"
-- p8 = "[7 7 9]"
-- p9 = "[r1 r2 r3]"
-- p10 = "[7 8 9]"
-- p11 = "[7 8 9]"
-- p12 = "[7 8 9]"
-- p13 = "[7 8 9]"
-- p14 = "[7 7 9]"
-- p15 = "[r1 r2 r3]"
-- p16 = "[7 7 9]"
-- p17 = "[r1 r2 r3]"
-- p18 = "[7 9]"
-- p19 = "[7 7 9]"
-- p20 = "[r1 r2 r3]"
-- p21 = "26"
-- p22 = "0"

---- issues in a range, with words about issues: from roll-ups
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p1:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p2:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p5:UInt32} AND regrouping IN {p6:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p7:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p10:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p11:UInt32}
),
counts AS (
  SELECT if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, sumMap([toUInt32(intDiv(greatest(toUnixTimestamp(h.hour) - {p16:Int64}, 0), {p17:Int64}))], [toUInt64(h.events)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id = {p20:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p21:UInt32} AND regrouping IN {p22:Array(String)} AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p23:UInt32} AND regrouping IN {p24:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p25:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p26:UInt32} AND regrouping IN {p27:Array(String)} AND undone = 0)) AND timestamp >= fromUnixTimestamp64Nano({p18:Int64}, 'UTC') AND timestamp < fromUnixTimestamp64Nano({p19:Int64}, 'UTC')) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id = {p12:UInt32}
      AND hour >= toDateTime({p13:Int64}, 'UTC')
      AND hour < toDateTime({p14:Int64}, 'UTC')
      AND environment = {p15:String}
    GROUP BY fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  GROUP BY issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, {p32:UInt32} AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.issue = c.issue
LEFT JOIN states AS s ON s.issue = c.issue
WHERE if(s.status = '', 'unresolved', s.status) = {p28:String}
  AND NOT (lower(s.assignee) = {p29:String})
  AND t.times_seen > {p30:UInt64}
  AND t.first_seen >= fromUnixTimestamp64Nano({p31:Int64}, 'UTC')
ORDER BY c.users DESC, c.issue
LIMIT {p33:UInt64} OFFSET {p34:UInt64}
-- p1 = "7"
-- p2 = "7"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "7"
-- p6 = "[r1 r2]"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "production"
-- p16 = "1768651200"
-- p17 = "54000"
-- p18 = "1768651200000000000"
-- p19 = "1769864400000000000"
-- p20 = "7"
-- p21 = "7"
-- p22 = "[r1 r2]"
-- p23 = "7"
-- p24 = "[r1 r2]"
-- p25 = "7"
-- p26 = "7"
-- p27 = "[r1 r2]"
-- p28 = "unresolved"
-- p29 = "a@b.c"
-- p30 = "100"
-- p31 = "1769776496000000000"
-- p32 = "7"
-- p33 = "26"
-- p34 = "50"

---- issues in a range, with words about issues: from roll-ups, of several projects
WITH merges AS (
  SELECT project_id, fingerprint, merged_into FROM issue_merges FINAL WHERE project_id IN {p1:Array(UInt32)} AND undone = 0
),
totals AS (
  SELECT
    r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id IN {p2:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p3:Array(UInt32)}, {p4:Array(String)}) AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p5:Array(UInt32)}, {p6:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p7:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p8:Array(UInt32)}, {p9:Array(String)}) AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  WHERE r.project_id IN {p10:Array(UInt32)}
  GROUP BY project_id, issue
),
states AS (
  SELECT project_id, fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id IN {p11:Array(UInt32)}
),
counts AS (
  SELECT r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT project_id, fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, sumMap([toUInt32(intDiv(greatest(toUnixTimestamp(h.hour) - {p16:Int64}, 0), {p17:Int64}))], [toUInt64(h.events)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id IN {p20:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p21:Array(UInt32)}, {p22:Array(String)}) AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p23:Array(UInt32)}, {p24:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p25:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p26:Array(UInt32)}, {p27:Array(String)}) AND undone = 0)) AND timestamp >= fromUnixTimestamp64Nano({p18:Int64}, 'UTC') AND timestamp < fromUnixTimestamp64Nano({p19:Int64}, 'UTC')) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id IN {p12:Array(UInt32)}
      AND hour >= toDateTime({p13:Int64}, 'UTC')
      AND hour < toDateTime({p14:Int64}, 'UTC')
      AND environment = {p15:String}
    GROUP BY project_id, fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  GROUP BY project_id, issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, c.project_id AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.project_id = c.project_id AND t.issue = c.issue
LEFT JOIN states AS s ON s.project_id = c.project_id AND s.issue = c.issue
WHERE if(s.status = '', 'unresolved', s.status) = {p28:String}
  AND NOT (lower(s.assignee) = {p29:String})
  AND t.times_seen > {p30:UInt64}
  AND t.first_seen >= fromUnixTimestamp64Nano({p31:Int64}, 'UTC')
ORDER BY c.users DESC, project_id, c.issue
LIMIT {p32:UInt64} OFFSET {p33:UInt64}
-- p1 = "[7 8 9]"
-- p2 = "[7 8 9]"
-- p3 = "[7 7 9]"
-- p4 = "[r1 r2 r3]"
-- p5 = "[7 7 9]"
-- p6 = "[r1 r2 r3]"
-- p7 = "[7 9]"
-- p8 = "[7 7 9]"
-- p9 = "[r1 r2 r3]"
-- p10 = "[7 8 9]"
-- p11 = "[7 8 9]"
-- p12 = "[7 8 9]"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "production"
-- p16 = "1768651200"
-- p17 = "54000"
-- p18 = "1768651200000000000"
-- p19 = "1769864400000000000"
-- p20 = "[7 8 9]"
-- p21 = "[7 7 9]"
-- p22 = "[r1 r2 r3]"
-- p23 = "[7 7 9]"
-- p24 = "[r1 r2 r3]"
-- p25 = "[7 9]"
-- p26 = "[7 7 9]"
-- p27 = "[r1 r2 r3]"
-- p28 = "unresolved"
-- p29 = "a@b.c"
-- p30 = "100"
-- p31 = "1769776496000000000"
-- p32 = "26"
-- p33 = "50"

---- issues with words about events
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p1:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p2:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p5:UInt32} AND regrouping IN {p6:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p7:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p10:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p11:UInt32}
),
counts AS (
  SELECT if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT own AS fingerprint, * EXCEPT own FROM (SELECT if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p36:UInt32} AND regrouping IN {p37:Array(String)} AND undone = 0), moved, fingerprint) AS own, count() AS events, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users, sumMap([toUInt32(intDiv(greatest(toUnixTimestamp64Nano(timestamp) - {p38:Int64}, 0), {p39:Int64}))], [toUInt64(1)]) AS series
    FROM events
    WHERE project_id = {p27:UInt32}
      AND timestamp >= fromUnixTimestamp64Nano({p28:Int64}, 'UTC')
      AND timestamp < fromUnixTimestamp64Nano({p29:Int64}, 'UTC')
      AND level >= {p30:UInt64}
      AND lower(release) LIKE {p31:String}
      AND has({p33:Array(String)}, lower(tags[{p32:String}]))
      AND arrayExists(x -> lower(x) LIKE {p34:String}, frames.function)
      AND hasAllTokens(search_text, {p35:Array(String)})
    GROUP BY own)
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  GROUP BY issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, {p41:UInt32} AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.issue = c.issue
LEFT JOIN states AS s ON s.issue = c.issue
WHERE if(s.status = '', 'unresolved', s.status) = {p40:String}
ORDER BY t.last_seen DESC, c.issue
LIMIT {p42:UInt64} OFFSET {p43:UInt64}
-- p1 = "7"
-- p2 = "7"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "7"
-- p6 = "[r1 r2]"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "1768651200"
-- p16 = "54000"
-- p17 = "1768651200000000000"
-- p18 = "1769864400000000000"
-- p19 = "7"
-- p20 = "7"
-- p21 = "[r1 r2]"
-- p22 = "7"
-- p23 = "[r1 r2]"
-- p24 = "7"
-- p25 = "7"
-- p26 = "[r1 r2]"
-- p27 = "7"
-- p28 = "1768653296000000789"
-- p29 = "1769862896000000789"
-- p30 = "4"
-- p31 = "1.2.%"
-- p32 = "region"
-- p33 = "[eu us]"
-- p34 = "handle%"
-- p35 = "[time out]"
-- p36 = "7"
-- p37 = "[r1 r2]"
-- p38 = "1768651200000000000"
-- p39 = "54000000000000"
-- p40 = "unresolved"
-- p41 = "7"
-- p42 = "26"
-- p43 = "0"

---- issues with words about events, of several projects
WITH merges AS (
  SELECT project_id, fingerprint, merged_into FROM issue_merges FINAL WHERE project_id IN {p1:Array(UInt32)} AND undone = 0
),
totals AS (
  SELECT
    r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id IN {p2:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p3:Array(UInt32)}, {p4:Array(String)}) AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p5:Array(UInt32)}, {p6:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p7:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p8:Array(UInt32)}, {p9:Array(String)}) AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  WHERE r.project_id IN {p10:Array(UInt32)}
  GROUP BY project_id, issue
),
states AS (
  SELECT project_id, fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id IN {p11:Array(UInt32)}
),
counts AS (
  SELECT r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT own AS fingerprint, * EXCEPT own FROM (SELECT project_id, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p36:Array(UInt32)}, {p37:Array(String)}) AND undone = 0), moved, fingerprint) AS own, count() AS events, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users, sumMap([toUInt32(intDiv(greatest(toUnixTimestamp64Nano(timestamp) - {p38:Int64}, 0), {p39:Int64}))], [toUInt64(1)]) AS series
    FROM events
    WHERE project_id IN {p27:Array(UInt32)}
      AND timestamp >= fromUnixTimestamp64Nano({p28:Int64}, 'UTC')
      AND timestamp < fromUnixTimestamp64Nano({p29:Int64}, 'UTC')
      AND level >= {p30:UInt64}
      AND lower(release) LIKE {p31:String}
      AND has({p33:Array(String)}, lower(tags[{p32:String}]))
      AND arrayExists(x -> lower(x) LIKE {p34:String}, frames.function)
      AND hasAllTokens(search_text, {p35:Array(String)})
    GROUP BY project_id, own)
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  GROUP BY project_id, issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, c.project_id AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.project_id = c.project_id AND t.issue = c.issue
LEFT JOIN states AS s ON s.project_id = c.project_id AND s.issue = c.issue
WHERE if(s.status = '', 'unresolved', s.status) = {p40:String}
ORDER BY t.last_seen DESC, project_id, c.issue
LIMIT {p41:UInt64} OFFSET {p42:UInt64}
-- p1 = "[7 8 9]"
-- p2 = "[7 8 9]"
-- p3 = "[7 7 9]"
-- p4 = "[r1 r2 r3]"
-- p5 = "[7 7 9]"
-- p6 = "[r1 r2 r3]"
-- p7 = "[7 9]"
-- p8 = "[7 7 9]"
-- p9 = "[r1 r2 r3]"
-- p10 = "[7 8 9]"
-- p11 = "[7 8 9]"
-- p12 = "[7 8 9]"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "1768651200"
-- p16 = "54000"
-- p17 = "1768651200000000000"
-- p18 = "1769864400000000000"
-- p19 = "[7 8 9]"
-- p20 = "[7 7 9]"
-- p21 = "[r1 r2 r3]"
-- p22 = "[7 7 9]"
-- p23 = "[r1 r2 r3]"
-- p24 = "[7 9]"
-- p25 = "[7 7 9]"
-- p26 = "[r1 r2 r3]"
-- p27 = "[7 8 9]"
-- p28 = "1768653296000000789"
-- p29 = "1769862896000000789"
-- p30 = "4"
-- p31 = "1.2.%"
-- p32 = "region"
-- p33 = "[eu us]"
-- p34 = "handle%"
-- p35 = "[time out]"
-- p36 = "[7 7 9]"
-- p37 = "[r1 r2 r3]"
-- p38 = "1768651200000000000"
-- p39 = "54000000000000"
-- p40 = "unresolved"
-- p41 = "26"
-- p42 = "0"

---- issues with both in one
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p1:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p2:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p5:UInt32} AND regrouping IN {p6:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p7:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p10:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p11:UInt32}
),
counts AS (
  SELECT if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT own AS fingerprint, * EXCEPT own FROM (SELECT if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p32:UInt32} AND regrouping IN {p33:Array(String)} AND undone = 0), moved, fingerprint) AS own, count() AS events, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM events
    WHERE project_id = {p25:UInt32}
      AND timestamp >= fromUnixTimestamp64Nano({p26:Int64}, 'UTC')
      AND timestamp < fromUnixTimestamp64Nano({p27:Int64}, 'UTC')
      AND (if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p29:UInt32} AND regrouping IN {p30:Array(String)} AND undone = 0), moved, fingerprint) IN (SELECT arrayJoin(t.members) FROM totals AS t LEFT JOIN states AS s ON s.issue = t.issue WHERE if(s.status = '', 'unresolved', s.status) = {p28:String}) OR level = {p31:UInt64})
    GROUP BY own)
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  GROUP BY issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, {p34:UInt32} AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.issue = c.issue
LEFT JOIN states AS s ON s.issue = c.issue
WHERE 1
ORDER BY t.last_seen DESC, c.issue
LIMIT {p35:UInt64} OFFSET {p36:UInt64}
-- p1 = "7"
-- p2 = "7"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "7"
-- p6 = "[r1 r2]"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "1768651200000000000"
-- p16 = "1769864400000000000"
-- p17 = "7"
-- p18 = "7"
-- p19 = "[r1 r2]"
-- p20 = "7"
-- p21 = "[r1 r2]"
-- p22 = "7"
-- p23 = "7"
-- p24 = "[r1 r2]"
-- p25 = "7"
-- p26 = "1768653296000000789"
-- p27 = "1769862896000000789"
-- p28 = "resolved"
-- p29 = "7"
-- p30 = "[r1 r2]"
-- p31 = "5"
-- p32 = "7"
-- p33 = "[r1 r2]"
-- p34 = "7"
-- p35 = "26"
-- p36 = "0"

---- issues with both in one, of several projects
WITH merges AS (
  SELECT project_id, fingerprint, merged_into FROM issue_merges FINAL WHERE project_id IN {p1:Array(UInt32)} AND undone = 0
),
totals AS (
  SELECT
    r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id IN {p2:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p3:Array(UInt32)}, {p4:Array(String)}) AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p5:Array(UInt32)}, {p6:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p7:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p8:Array(UInt32)}, {p9:Array(String)}) AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  WHERE r.project_id IN {p10:Array(UInt32)}
  GROUP BY project_id, issue
),
states AS (
  SELECT project_id, fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id IN {p11:Array(UInt32)}
),
counts AS (
  SELECT r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT own AS fingerprint, * EXCEPT own FROM (SELECT project_id, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p32:Array(UInt32)}, {p33:Array(String)}) AND undone = 0), moved, fingerprint) AS own, count() AS events, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM events
    WHERE project_id IN {p25:Array(UInt32)}
      AND timestamp >= fromUnixTimestamp64Nano({p26:Int64}, 'UTC')
      AND timestamp < fromUnixTimestamp64Nano({p27:Int64}, 'UTC')
      AND ((project_id, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p29:Array(UInt32)}, {p30:Array(String)}) AND undone = 0), moved, fingerprint)) IN (SELECT t.project_id AS project_id, arrayJoin(t.members) FROM totals AS t LEFT JOIN states AS s ON s.project_id = t.project_id AND s.issue = t.issue WHERE if(s.status = '', 'unresolved', s.status) = {p28:String}) OR level = {p31:UInt64})
    GROUP BY project_id, own)
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  GROUP BY project_id, issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, c.project_id AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.project_id = c.project_id AND t.issue = c.issue
LEFT JOIN states AS s ON s.project_id = c.project_id AND s.issue = c.issue
WHERE 1
ORDER BY t.last_seen DESC, project_id, c.issue
LIMIT {p34:UInt64} OFFSET {p35:UInt64}
-- p1 = "[7 8 9]"
-- p2 = "[7 8 9]"
-- p3 = "[7 7 9]"
-- p4 = "[r1 r2 r3]"
-- p5 = "[7 7 9]"
-- p6 = "[r1 r2 r3]"
-- p7 = "[7 9]"
-- p8 = "[7 7 9]"
-- p9 = "[r1 r2 r3]"
-- p10 = "[7 8 9]"
-- p11 = "[7 8 9]"
-- p12 = "[7 8 9]"
-- p13 = "1768651200"
-- p14 = "1769862896"
-- p15 = "1768651200000000000"
-- p16 = "1769864400000000000"
-- p17 = "[7 8 9]"
-- p18 = "[7 7 9]"
-- p19 = "[r1 r2 r3]"
-- p20 = "[7 7 9]"
-- p21 = "[r1 r2 r3]"
-- p22 = "[7 9]"
-- p23 = "[7 7 9]"
-- p24 = "[r1 r2 r3]"
-- p25 = "[7 8 9]"
-- p26 = "1768653296000000789"
-- p27 = "1769862896000000789"
-- p28 = "resolved"
-- p29 = "[7 7 9]"
-- p30 = "[r1 r2 r3]"
-- p31 = "5"
-- p32 = "[7 7 9]"
-- p33 = "[r1 r2 r3]"
-- p34 = "26"
-- p35 = "0"

---- issues that are named
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p1:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p2:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p5:UInt32} AND regrouping IN {p6:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p7:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p10:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p11:UInt32}
),
counts AS (
  SELECT if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id = {p13:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p14:UInt32} AND regrouping IN {p15:Array(String)} AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p16:UInt32} AND regrouping IN {p17:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p18:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p19:UInt32} AND regrouping IN {p20:Array(String)} AND undone = 0))) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id = {p12:UInt32}
    GROUP BY fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  GROUP BY issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, {p22:UInt32} AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.issue = c.issue
LEFT JOIN states AS s ON s.issue = c.issue
WHERE has(t.members, {p21:UUID})
ORDER BY t.last_seen DESC, c.issue
LIMIT {p23:UInt64} OFFSET {p24:UInt64}
-- p1 = "7"
-- p2 = "7"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "7"
-- p6 = "[r1 r2]"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "7"
-- p14 = "7"
-- p15 = "[r1 r2]"
-- p16 = "7"
-- p17 = "[r1 r2]"
-- p18 = "7"
-- p19 = "7"
-- p20 = "[r1 r2]"
-- p21 = "01000000-0000-0000-0000-000000000000"
-- p22 = "7"
-- p23 = "26"
-- p24 = "0"

---- issues that are named, of several projects
WITH merges AS (
  SELECT project_id, fingerprint, merged_into FROM issue_merges FINAL WHERE project_id IN {p1:Array(UInt32)} AND undone = 0
),
totals AS (
  SELECT
    r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id IN {p2:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p3:Array(UInt32)}, {p4:Array(String)}) AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p5:Array(UInt32)}, {p6:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p7:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p8:Array(UInt32)}, {p9:Array(String)}) AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  WHERE r.project_id IN {p10:Array(UInt32)}
  GROUP BY project_id, issue
),
states AS (
  SELECT project_id, fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id IN {p11:Array(UInt32)}
),
counts AS (
  SELECT r.project_id AS project_id, if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
    SELECT project_id, fingerprint, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, ([toUInt32(0)], [toUInt64(0)]) AS series
    FROM (
        SELECT * FROM issue_hours WHERE project_id IN {p13:Array(UInt32)} AND (project_id, fingerprint) NOT IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p14:Array(UInt32)}, {p15:Array(String)}) AND undone = 0))
        UNION ALL
        SELECT
          e.project_id AS project_id,
          e.own AS fingerprint,
          toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
          e.environment AS environment,
          count() AS events,
          uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
        FROM (SELECT *, if((project_id, fingerprint, moved) IN (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p16:Array(UInt32)}, {p17:Array(String)}) AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id IN {p18:Array(UInt32)} AND (project_id, fingerprint) IN (SELECT project_id, fingerprint FROM (SELECT project_id, fingerprint, moved FROM issue_moves WHERE (project_id, regrouping) IN arrayZip({p19:Array(UInt32)}, {p20:Array(String)}) AND undone = 0))) AS e
        GROUP BY e.project_id, e.own, hour, environment
      ) AS h
    WHERE project_id IN {p12:Array(UInt32)}
    GROUP BY project_id, fingerprint
  ) AS r
  LEFT JOIN merges AS m ON m.project_id = r.project_id AND m.fingerprint = r.fingerprint
  GROUP BY project_id, issue
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  c.events, c.users, c.parts, c.sums, c.project_id AS project_id
FROM counts AS c
INNER JOIN totals AS t ON t.project_id = c.project_id AND t.issue = c.issue
LEFT JOIN states AS s ON s.project_id = c.project_id AND s.issue = c.issue
WHERE ((t.project_id = {p22:UInt32} AND has(t.members, {p21:UUID})) OR (t.project_id = {p24:UInt32} AND hasAny(t.members, {p23:Array(UUID)})))
ORDER BY t.last_seen DESC, project_id, c.issue
LIMIT {p25:UInt64} OFFSET {p26:UInt64}
-- p1 = "[7 8 9]"
-- p2 = "[7 8 9]"
-- p3 = "[7 7 9]"
-- p4 = "[r1 r2 r3]"
-- p5 = "[7 7 9]"
-- p6 = "[r1 r2 r3]"
-- p7 = "[7 9]"
-- p8 = "[7 7 9]"
-- p9 = "[r1 r2 r3]"
-- p10 = "[7 8 9]"
-- p11 = "[7 8 9]"
-- p12 = "[7 8 9]"
-- p13 = "[7 8 9]"
-- p14 = "[7 7 9]"
-- p15 = "[r1 r2 r3]"
-- p16 = "[7 7 9]"
-- p17 = "[r1 r2 r3]"
-- p18 = "[7 9]"
-- p19 = "[7 7 9]"
-- p20 = "[r1 r2 r3]"
-- p21 = "01000000-0000-0000-0000-000000000000"
-- p22 = "7"
-- p23 = "[01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]"
-- p24 = "9"
-- p25 = "26"
-- p26 = "0"

---- events
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p10:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p11:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p12:UInt32} AND regrouping IN {p13:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p14:UInt32} AND regrouping IN {p15:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p16:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p17:UInt32} AND regrouping IN {p18:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p19:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p20:UInt32}
)
SELECT
  toString(event_id), project_id, toString(if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p21:UInt32} AND regrouping IN {p22:Array(String)} AND undone = 0), moved, fingerprint)), timestamp, received_at, title, culprit, level, handled, platform, release, environment, transaction, server_name,
  multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip), mapKeys(tags), mapValues(tags)
FROM events
WHERE project_id = {p1:UInt32}
  AND timestamp >= fromUnixTimestamp64Nano({p2:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Nano({p3:Int64}, 'UTC')
  AND (lower(user_email) = {p4:String} AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN (SELECT arrayJoin(t.members) FROM totals AS t LEFT JOIN states AS s ON s.issue = t.issue WHERE (if(s.status = '', 'unresolved', s.status) = 'unresolved' AND if(s.status = '', 'new', s.substatus) = {p5:String})))
  AND timestamp <= fromUnixTimestamp64Nano({p8:Int64}, 'UTC')
  AND (timestamp, event_id) < (fromUnixTimestamp64Nano({p8:Int64}, 'UTC'), {p9:UUID})
ORDER BY timestamp DESC, event_id DESC
LIMIT {p23:UInt64}
-- p1 = "7"
-- p2 = "1768653296000000789"
-- p3 = "1769862896000000789"
-- p4 = "a@b.c"
-- p5 = "new"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "1769862896000000789"
-- p9 = "09000000-0000-0000-0000-000000000000"
-- p10 = "7"
-- p11 = "7"
-- p12 = "7"
-- p13 = "[r1 r2]"
-- p14 = "7"
-- p15 = "[r1 r2]"
-- p16 = "7"
-- p17 = "7"
-- p18 = "[r1 r2]"
-- p19 = "7"
-- p20 = "7"
-- p21 = "7"
-- p22 = "[r1 r2]"
-- p23 = "50"

---- events of a merged issue
SELECT
  toString(event_id), project_id, toString(if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p9:UInt32} AND regrouping IN {p10:Array(String)} AND undone = 0), moved, fingerprint)), timestamp, received_at, title, culprit, level, handled, platform, release, environment, transaction, server_name,
  multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip), mapKeys(tags), mapValues(tags)
FROM events
WHERE project_id = {p1:UInt32}
  AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN {p8:Array(UUID)}
ORDER BY timestamp DESC, event_id DESC
LIMIT {p11:UInt64}
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "[01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]"
-- p9 = "7"
-- p10 = "[r1 r2]"
-- p11 = "50"

---- members
SELECT toString(fingerprint), toString(merged_into)
FROM issue_merges FINAL
WHERE project_id = {p2:UInt32} AND undone = 0 AND (merged_into = {p1:UUID} OR fingerprint = {p1:UUID})
ORDER BY fingerprint
-- p1 = "01000000-0000-0000-0000-000000000000"
-- p2 = "7"

---- issue
WITH totals AS (
  SELECT
    {p2:UUID} AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p3:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p4:UInt32} AND regrouping IN {p5:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p8:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p9:UInt32} AND regrouping IN {p10:Array(String)} AND undone = 0)) AND fingerprint IN (SELECT arrayJoin({p11:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p12:UInt32} AND regrouping IN {p13:Array(String)} AND undone = 0) WHERE moved IN {p14:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p15:UInt32} AND regrouping IN {p16:Array(String)} AND undone = 0), moved, fingerprint) IN {p17:Array(UUID)}) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  WHERE project_id = {p1:UInt32} AND fingerprint = {p18:UUID}
  HAVING times_seen > 0
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p1:UInt32} AND fingerprint = {p2:UUID}
)
SELECT
  toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, if(s.status = '', 'unresolved', s.status), if(s.status = '', 'new', s.substatus), s.reason, s.since, s.release, s.assignee, s.updated_at, s.version,
  t.times_seen, t.users_seen, [toUInt32(0)], [toUInt64(0)]
FROM totals AS t
LEFT JOIN states AS s ON s.issue = t.issue
-- p1 = "7"
-- p2 = "01000000-0000-0000-0000-000000000000"
-- p3 = "7"
-- p4 = "7"
-- p5 = "[r1 r2]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "7"
-- p9 = "7"
-- p10 = "[r1 r2]"
-- p11 = "[01000000-0000-0000-0000-000000000000]"
-- p12 = "7"
-- p13 = "[r1 r2]"
-- p14 = "[01000000-0000-0000-0000-000000000000]"
-- p15 = "7"
-- p16 = "[r1 r2]"
-- p17 = "[01000000-0000-0000-0000-000000000000]"
-- p18 = "01000000-0000-0000-0000-000000000000"

---- counts of an issue
SELECT sum(r.events), uniqCombined64IfMerge(12)(r.users), min(r.first_seen)
FROM (
    SELECT * FROM issue_totals WHERE project_id = {p1:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p2:UInt32} AND regrouping IN {p3:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p4:UInt32} AND regrouping IN {p5:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p6:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p7:UInt32} AND regrouping IN {p8:Array(String)} AND undone = 0)) AND fingerprint IN (SELECT arrayJoin({p9:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p10:UInt32} AND regrouping IN {p11:Array(String)} AND undone = 0) WHERE moved IN {p12:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p13:UInt32} AND regrouping IN {p14:Array(String)} AND undone = 0), moved, fingerprint) IN {p15:Array(UUID)}) AS e
    GROUP BY e.project_id, e.own
  ) AS r
WHERE project_id = {p16:UInt32} AND fingerprint = {p17:UUID}
-- p1 = "7"
-- p2 = "7"
-- p3 = "[r1 r2]"
-- p4 = "7"
-- p5 = "[r1 r2]"
-- p6 = "7"
-- p7 = "7"
-- p8 = "[r1 r2]"
-- p9 = "[01000000-0000-0000-0000-000000000000]"
-- p10 = "7"
-- p11 = "[r1 r2]"
-- p12 = "[01000000-0000-0000-0000-000000000000]"
-- p13 = "7"
-- p14 = "[r1 r2]"
-- p15 = "[01000000-0000-0000-0000-000000000000]"
-- p16 = "7"
-- p17 = "01000000-0000-0000-0000-000000000000"

---- trend by the hour
SELECT (sumMap([toUInt32(intDiv(greatest(toUnixTimestamp(hour) - {p3:Int64}, 0), {p4:Int64}))], [toUInt64(events)]) AS series).1, series.2
FROM (
    SELECT * FROM issue_hours WHERE project_id = {p7:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
      e.environment AS environment,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p10:UInt32} AND regrouping IN {p11:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p12:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p13:UInt32} AND regrouping IN {p14:Array(String)} AND undone = 0)) AND fingerprint IN (SELECT arrayJoin({p15:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p16:UInt32} AND regrouping IN {p17:Array(String)} AND undone = 0) WHERE moved IN {p18:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p19:UInt32} AND regrouping IN {p20:Array(String)} AND undone = 0), moved, fingerprint) IN {p21:Array(UUID)} AND timestamp >= fromUnixTimestamp64Nano({p5:Int64}, 'UTC') AND timestamp < fromUnixTimestamp64Nano({p6:Int64}, 'UTC')) AS e
    GROUP BY e.project_id, e.own, hour, environment
  )
WHERE project_id = {p1:UInt32}
  AND fingerprint = {p2:UUID}
  AND hour >= toDateTime({p22:Int64}, 'UTC')
  AND hour < toDateTime({p23:Int64}, 'UTC')
-- p1 = "7"
-- p2 = "01000000-0000-0000-0000-000000000000"
-- p3 = "1768651200"
-- p4 = "90000"
-- p5 = "1768651200000000000"
-- p6 = "1769864400000000000"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "[r1 r2]"
-- p12 = "7"
-- p13 = "7"
-- p14 = "[r1 r2]"
-- p15 = "[01000000-0000-0000-0000-000000000000]"
-- p16 = "7"
-- p17 = "[r1 r2]"
-- p18 = "[01000000-0000-0000-0000-000000000000]"
-- p19 = "7"
-- p20 = "[r1 r2]"
-- p21 = "[01000000-0000-0000-0000-000000000000]"
-- p22 = "1768651200"
-- p23 = "1769862896"

---- trend by the minute
SELECT (sumMap([toUInt32(intDiv(greatest(toUnixTimestamp64Nano(timestamp) - {p9:Int64}, 0), {p10:Int64}))], [toUInt64(1)]) AS series).1, series.2
FROM events
WHERE project_id = {p1:UInt32}
  AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN {p8:Array(UUID)}
  AND timestamp >= fromUnixTimestamp64Nano({p11:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Nano({p12:Int64}, 'UTC')
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "[01000000-0000-0000-0000-000000000000]"
-- p9 = "1769859296000000000"
-- p10 = "60001000000"
-- p11 = "1769859296000000789"
-- p12 = "1769862896000000789"

---- tags
SELECT key, value, events, total
FROM (
  SELECT key, value, events, sum(events) OVER (PARTITION BY key) AS total
  FROM (
    SELECT pair.1 AS key, pair.2 AS value, count() AS events
    FROM (
      SELECT arrayJoin(arrayFilter(x -> x.2 != '', arrayConcat(
        [('environment', toString(environment)), ('release', toString(release)), ('server_name', toString(server_name)), ('transaction', toString(transaction)), ('user', multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip))],
        arrayMap((k, v) -> (toString(k), v), mapKeys(tags), mapValues(tags))
      ))) AS pair
      FROM events
      WHERE project_id = {p1:UInt32} AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN {p8:Array(UUID)}
    )
    GROUP BY key, value
  )
)
ORDER BY total DESC, key, events DESC, value
LIMIT {p9:UInt64} BY key
LIMIT {p10:UInt64}
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "[01000000-0000-0000-0000-000000000000]"
-- p9 = "10"
-- p10 = "600"

---- neighbours
SELECT found.1 AS which, toString(found.2) AS id
FROM (
  SELECT arrayJoin([
    ('previous', maxIf(at, at < (fromUnixTimestamp64Nano({p9:Int64}, 'UTC'), {p10:UUID})).2), ('next', minIf(at, at > (fromUnixTimestamp64Nano({p9:Int64}, 'UTC'), {p10:UUID})).2), ('oldest', minIf(at, 1).2), ('latest', maxIf(at, 1).2)
  ]) AS found
  FROM (SELECT (timestamp, event_id) AS at FROM events WHERE project_id = {p1:UInt32} AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN {p8:Array(UUID)})
)
WHERE NOT empty(found.2)
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "[01000000-0000-0000-0000-000000000000]"
-- p9 = "1769862896000000789"
-- p10 = "09000000-0000-0000-0000-000000000000"

---- neighbours in a large issue
SELECT found.1 AS which, toString(found.2) AS id
FROM (
  SELECT arrayJoin([
    ('previous', maxIf(at, at < (fromUnixTimestamp64Nano({p9:Int64}, 'UTC'), {p10:UUID}) AND at.1 >= fromUnixTimestamp64Nano({p11:Int64}, 'UTC')).2), ('next', minIf(at, at > (fromUnixTimestamp64Nano({p9:Int64}, 'UTC'), {p10:UUID}) AND at.1 <= fromUnixTimestamp64Nano({p12:Int64}, 'UTC')).2), ('oldest', minIf(at, at.1 <= fromUnixTimestamp64Nano({p13:Int64}, 'UTC')).2), ('latest', maxIf(at, at.1 >= fromUnixTimestamp64Nano({p14:Int64}, 'UTC')).2)
  ]) AS found
  FROM (SELECT (timestamp, event_id) AS at FROM events WHERE project_id = {p1:UInt32} AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p6:UInt32} AND regrouping IN {p7:Array(String)} AND undone = 0), moved, fingerprint) IN {p8:Array(UUID)} AND (timestamp >= fromUnixTimestamp64Nano({p11:Int64}, 'UTC') AND timestamp <= fromUnixTimestamp64Nano({p12:Int64}, 'UTC') OR timestamp <= fromUnixTimestamp64Nano({p13:Int64}, 'UTC') OR timestamp >= fromUnixTimestamp64Nano({p14:Int64}, 'UTC')))
)
WHERE NOT empty(found.2)
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000]"
-- p6 = "7"
-- p7 = "[r1 r2]"
-- p8 = "[01000000-0000-0000-0000-000000000000]"
-- p9 = "1769862896000000789"
-- p10 = "09000000-0000-0000-0000-000000000000"
-- p11 = "1769862723200000789"
-- p12 = "1769863068800000789"
-- p13 = "1769776668800000789"
-- p14 = "1769862723200000789"

---- explore users
SELECT group_name, uniqCombined64IfMerge(12)(counted) AS total, groupArray(part) AS parts, groupArray(finalizeAggregation(counted)) AS counts
FROM (
  SELECT toString(release) AS group_name, toUInt32(intDiv(greatest(toUnixTimestamp64Nano(timestamp) - {p1:Int64}, 0), {p2:Int64})) AS part, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS counted
  FROM events
  WHERE project_id = {p3:UInt32}
  AND timestamp >= fromUnixTimestamp64Nano({p4:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Nano({p5:Int64}, 'UTC')
  AND level = {p6:UInt64}
  GROUP BY group_name, part
)
GROUP BY group_name
ORDER BY total DESC, group_name
LIMIT {p7:UInt64}
-- p1 = "1768653296000000000"
-- p2 = "40320001000000"
-- p3 = "7"
-- p4 = "1768653296000000789"
-- p5 = "1769862896000000789"
-- p6 = "4"
-- p7 = "5"

---- explore issues
WITH merges AS (
  SELECT fingerprint, merged_into FROM issue_merges FINAL WHERE project_id = {p6:UInt32} AND undone = 0
),
totals AS (
  SELECT
    if(empty(m.merged_into), r.fingerprint, m.merged_into) AS issue,
    groupUniqArray(r.fingerprint) AS members,
    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release
  FROM (
    SELECT * FROM issue_totals WHERE project_id = {p7:UInt32} AND fingerprint NOT IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p8:UInt32} AND regrouping IN {p9:Array(String)} AND undone = 0))
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p10:UInt32} AND regrouping IN {p11:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events WHERE project_id = {p12:UInt32} AND fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p13:UInt32} AND regrouping IN {p14:Array(String)} AND undone = 0))) AS e
    GROUP BY e.project_id, e.own
  ) AS r
  LEFT JOIN merges AS m ON m.fingerprint = r.fingerprint
  WHERE r.project_id = {p15:UInt32}
  GROUP BY issue
),
states AS (
  SELECT fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version
  FROM issue_states FINAL WHERE project_id = {p16:UInt32}
)
SELECT group_name, sum(counted) AS total, groupArray(part) AS parts, groupArray(counted) AS counts
FROM (
  SELECT toString(if(empty(m.merged_into), events.own, m.merged_into)) AS group_name, toUInt32(0) AS part, count() AS counted
  FROM (SELECT *, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p4:UInt32} AND regrouping IN {p5:Array(String)} AND undone = 0), moved, fingerprint) AS own FROM events) AS events
  LEFT JOIN merges AS m ON m.fingerprint = events.own
  WHERE project_id = {p1:UInt32}
  AND timestamp >= fromUnixTimestamp64Nano({p2:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Nano({p3:Int64}, 'UTC')
  GROUP BY group_name, part
)
GROUP BY group_name
ORDER BY total DESC, group_name
LIMIT {p17:UInt64}
-- p1 = "7"
-- p2 = "1768653296000000789"
-- p3 = "1769862896000000789"
-- p4 = "7"
-- p5 = "[r1 r2]"
-- p6 = "7"
-- p7 = "7"
-- p8 = "7"
-- p9 = "[r1 r2]"
-- p10 = "7"
-- p11 = "[r1 r2]"
-- p12 = "7"
-- p13 = "7"
-- p14 = "[r1 r2]"
-- p15 = "7"
-- p16 = "7"
-- p17 = "5"

---- outcomes
SELECT kind, reason, sum(o.events) AS total, (sumMap([toUInt32(intDiv(greatest(toUnixTimestamp(minute) - {p1:Int64}, 0), {p2:Int64}))], [toUInt64(o.events)]) AS series).1, series.2
FROM outcomes AS o
WHERE project_id = {p3:UInt32}
  AND minute >= toDateTime({p4:Int64}, 'UTC')
  AND minute < toDateTime({p5:Int64}, 'UTC')
GROUP BY kind, reason
ORDER BY kind, reason
-- p1 = "1768653240"
-- p2 = "86460"
-- p3 = "7"
-- p4 = "1768653240"
-- p5 = "1769862896"

---- where an event is
SELECT toString(if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)), timestamp
FROM events
WHERE project_id = {p3:UInt32} AND event_id = {p4:UUID}
ORDER BY received_at
LIMIT 1
-- p1 = "7"
-- p2 = "[r1 r2]"
-- p3 = "7"
-- p4 = "09000000-0000-0000-0000-000000000000"

---- event
SELECT project_id, toString(fingerprint), toString(event_id), timestamp, received_at, retention_days, key_id, level, title, culprit, platform, logger, transaction, server_name, release, dist, environment, sdk_name, sdk_version, message, message_template, user_id, user_email, user_username, user_name, user_ip, http_method, http_url, contexts.name, contexts.data, mapKeys(tags), mapValues(tags), extra, hex(trace_id), hex(span_id), parts.kind, parts.value, parts.source, rest, exceptions.type, exceptions.value, exceptions.module, exceptions.mechanism, exceptions.handled, exceptions.more, frames.exception, frames.function, frames.module, frames.filename, frames.abs_path, frames.line, frames.column, frames.in_app, frames.source, frames.vars, frames.native, crumbs.time, crumbs.type, crumbs.category, crumbs.level, crumbs.message, crumbs.data, toString(moved)
FROM events
WHERE project_id = {p1:UInt32} AND fingerprint IN (SELECT arrayJoin({p2:Array(UUID)}) UNION ALL SELECT fingerprint FROM (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p3:UInt32} AND regrouping IN {p4:Array(String)} AND undone = 0) WHERE moved IN {p5:Array(UUID)}) AND timestamp = fromUnixTimestamp64Nano({p6:Int64}, 'UTC') AND event_id = {p7:UUID}
ORDER BY received_at
LIMIT 1
-- p1 = "7"
-- p2 = "[01000000-0000-0000-0000-000000000000]"
-- p3 = "7"
-- p4 = "[r1 r2]"
-- p5 = "[01000000-0000-0000-0000-000000000000]"
-- p6 = "1769862896000000789"
-- p7 = "09000000-0000-0000-0000-000000000000"

---- when events were seen
SELECT sum(events), min(first_seen), max(last_seen) FROM issue_totals WHERE project_id = {p1:UInt32}
-- p1 = "7"

---- young
SELECT project_id, toString(fingerprint), min(first_received) AS first
FROM issue_totals
GROUP BY project_id, fingerprint
HAVING first >= fromUnixTimestamp64Nano({p1:Int64}, 'UTC')
ORDER BY first, project_id, fingerprint
LIMIT {p2:UInt64}
-- p1 = "1769862896000000789"
-- p2 = "100"

---- first events
WITH firsts AS (
  SELECT project_id AS p, fingerprint AS f, argMinMerge(first_event) AS first
  FROM issue_totals
  WHERE project_id IN {p1:Array(UInt32)} AND fingerprint IN {p2:Array(UUID)}
  GROUP BY p, f
)
SELECT
  toString(event_id), project_id, toString(fingerprint), timestamp, received_at, title, culprit, level, handled, platform, release, environment, transaction, server_name,
  multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip), mapKeys(tags), mapValues(tags)
FROM events
WHERE (project_id, fingerprint, timestamp, event_id) IN (SELECT p, f, first.2, first.1 FROM firsts)
ORDER BY received_at, project_id, fingerprint
LIMIT 1 BY project_id, fingerprint
-- p1 = "[1]"
-- p2 = "[01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]"

---- how many events to group
SELECT toString(if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)), count(), CAST([], 'Array(String)'), CAST([], 'Array(Int64)')
FROM events
WHERE project_id = {p3:UInt32} AND timestamp >= fromUnixTimestamp64Nano({p4:Int64}, 'UTC')
GROUP BY if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)
-- p1 = "7"
-- p2 = "[r1 r2]"
-- p3 = "7"
-- p4 = "1769862896000000789"

---- which events to group
SELECT toString(if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)), count() AS events, arrayMap(x -> toString(x.2), groupArraySorted(5)((-toUnixTimestamp64Nano(timestamp), event_id)) AS newest), arrayMap(x -> -x.1, newest)
FROM events
WHERE project_id = {p3:UInt32} AND timestamp >= fromUnixTimestamp64Nano({p4:Int64}, 'UTC')
GROUP BY if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)
ORDER BY events DESC, if((fingerprint, moved) IN (SELECT fingerprint, moved FROM issue_moves WHERE project_id = {p1:UInt32} AND regrouping IN {p2:Array(String)} AND undone = 0), moved, fingerprint)
-- p1 = "7"
-- p2 = "[r1 r2]"
-- p3 = "7"
-- p4 = "1769862896000000789"

