-- releases
SELECT
  h.release,
  sum(h.crashed) + (uniqCombined64IfMerge(14)(h.crashed_ones) AS crashed_told) AS crashed_all,
  sum(h.abnormal) + (uniqCombined64IfMerge(14)(h.abnormal_ones) AS abnormal_told) AS abnormal_all,
  sum(h.errored) + toUInt64(greatest(uniqCombined64IfMerge(14)(h.troubled_ones), crashed_told + abnormal_told) - crashed_told - abnormal_told) AS errored_all,
  greatest(sum(h.started), crashed_all + abnormal_all + errored_all) AS sessions,
  uniqCombined64IfMerge(12)(h.users) AS users_all,
  uniqCombined64IfMerge(12)(h.crashed_users) AS crashed_users_all,
  min(h.hour),
  max(h.hour)
FROM session_hours AS h
WHERE h.project_id = {p1:UInt32}
  AND h.hour >= toDateTime({p2:Int64}, 'UTC')
  AND h.hour < toDateTime({p3:Int64}, 'UTC')
  AND h.environment = {p4:String}
GROUP BY h.release
ORDER BY sessions DESC, h.release
LIMIT {p5:UInt64};
-- p1 = "7"
-- p2 = "1795089600"
-- p3 = "1795177800"
-- p4 = "production"
-- p5 = "50"

-- all sessions
SELECT
  sum(h.crashed) + (uniqCombined64IfMerge(14)(h.crashed_ones) AS crashed_told) AS crashed_all,
  sum(h.abnormal) + (uniqCombined64IfMerge(14)(h.abnormal_ones) AS abnormal_told) AS abnormal_all,
  sum(h.errored) + toUInt64(greatest(uniqCombined64IfMerge(14)(h.troubled_ones), crashed_told + abnormal_told) - crashed_told - abnormal_told) AS errored_all,
  greatest(sum(h.started), crashed_all + abnormal_all + errored_all) AS sessions,
  uniqCombined64IfMerge(12)(h.users) AS users_all,
  count() > 0 OR (SELECT count() FROM (SELECT 1 FROM session_hours WHERE project_id = {p1:UInt32} LIMIT 1)) > 0,
  (SELECT arraySort(groupUniqArray(1000)(h.environment)) FROM session_hours AS h WHERE h.project_id = {p2:UInt32}
  AND h.hour >= toDateTime({p3:Int64}, 'UTC')
  AND h.hour < toDateTime({p4:Int64}, 'UTC') AND h.environment != '')
FROM session_hours AS h
WHERE h.project_id = {p5:UInt32}
  AND h.hour >= toDateTime({p6:Int64}, 'UTC')
  AND h.hour < toDateTime({p7:Int64}, 'UTC');
-- p1 = "7"
-- p2 = "7"
-- p3 = "1795089600"
-- p4 = "1795177800"
-- p5 = "7"
-- p6 = "1795089600"
-- p7 = "1795177800"

-- monitors
SELECT
  c.monitor,
  c.environment,
  argMax(c.status, (c.at, c.status != 'in_progress')),
  max(c.at),
  if(argMax(c.id, (c.at, c.status != 'in_progress')) = argMaxIf(c.id, c.at, c.status = 'in_progress'), maxIf(c.at, c.status = 'in_progress'), max(c.at)),
  argMaxIf(c.duration_ms, c.at, c.status != 'in_progress'),
  argMaxIf(c.schedule, c.at, c.schedule != ''),
  argMaxIf(c.timezone, c.at, c.schedule != ''),
  argMaxIf(c.margin_s, c.at, c.schedule != ''),
  argMaxIf(c.max_runtime_s, c.at, c.schedule != ''),
  maxIf(c.at, c.status = 'ok'),
  maxIf(c.at, c.status = 'error'),
  uniqExactIf(c.id, c.status = 'ok' AND c.at >= toDateTime({p2:Int64}, 'UTC')),
  uniqExactIf(c.id, c.status = 'error' AND c.at >= toDateTime({p3:Int64}, 'UTC'))
FROM check_ins AS c
WHERE c.project_id = {p1:UInt32}
GROUP BY c.monitor, c.environment
ORDER BY c.monitor, c.environment
LIMIT {p4:UInt64};
-- p1 = "7"
-- p2 = "1795091400"
-- p3 = "1795091400"
-- p4 = "1001"

-- some monitors
SELECT
  c.monitor,
  c.environment,
  argMax(c.status, (c.at, c.status != 'in_progress')),
  max(c.at),
  if(argMax(c.id, (c.at, c.status != 'in_progress')) = argMaxIf(c.id, c.at, c.status = 'in_progress'), maxIf(c.at, c.status = 'in_progress'), max(c.at)),
  argMaxIf(c.duration_ms, c.at, c.status != 'in_progress'),
  argMaxIf(c.schedule, c.at, c.schedule != ''),
  argMaxIf(c.timezone, c.at, c.schedule != ''),
  argMaxIf(c.margin_s, c.at, c.schedule != ''),
  argMaxIf(c.max_runtime_s, c.at, c.schedule != ''),
  maxIf(c.at, c.status = 'ok'),
  maxIf(c.at, c.status = 'error'),
  uniqExactIf(c.id, c.status = 'ok' AND c.at >= toDateTime({p4:Int64}, 'UTC')),
  uniqExactIf(c.id, c.status = 'error' AND c.at >= toDateTime({p5:Int64}, 'UTC'))
FROM check_ins AS c
WHERE c.project_id = {p1:UInt32}
  AND c.environment = {p2:String}
  AND positionCaseInsensitiveUTF8(c.monitor, {p3:String}) > 0
GROUP BY c.monitor, c.environment
ORDER BY c.monitor, c.environment
LIMIT {p6:UInt64};
-- p1 = "7"
-- p2 = "production"
-- p3 = "back"
-- p4 = "1795091400"
-- p5 = "1795091400"
-- p6 = "1001"

-- environments of monitors
SELECT arraySort(groupUniqArray(1000)(c.environment))
FROM check_ins AS c
WHERE c.project_id = {p1:UInt32};
-- p1 = "7"

