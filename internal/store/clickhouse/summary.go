package clickhouse

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// summaryColumns are what the short form of an event needs; owner is the fingerprint it is shown with.
func summaryColumns(owner string) string {
	return `toString(event_id), project_id, toString(` + owner + `), timestamp, received_at, title, culprit, level, handled, platform, release, environment, transaction, server_name,
  multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip), mapKeys(tags), mapValues(tags)`
}

// summaries runs a statement that selects summaryColumns.
func (s *Store) summaries(ctx context.Context, tried string, st *statement, sql string) ([]event.Summary, error) {
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []event.Summary
	for rows.Next() {
		var (
			one             event.Summary
			id, fingerprint string
			at, received    time.Time
			level, handled  uint8
			keys, values    []string
		)
		err := rows.Scan(&id, &one.ProjectID, &fingerprint, &at, &received, &one.Title, &one.Culprit, &level, &handled,
			&one.Platform, &one.Release, &one.Environment, &one.Transaction, &one.ServerName, &one.User, &keys, &values)
		if err != nil {
			return nil, explain(tried, err)
		}
		if one.EventID, err = event.ParseID(id); err != nil {
			return nil, wrap(tried, err)
		}
		if one.Fingerprint, err = event.ParseFingerprint(fingerprint); err != nil {
			return nil, wrap(tried, err)
		}
		one.Timestamp, one.ReceivedAt = fromNanos(at), received.UTC()
		one.Level, one.Handled = event.Level(level), handled != 0
		for i := range keys {
			one.Tags = append(one.Tags, event.Tag{Key: keys[i], Value: values[i]})
		}
		list = append(list, one)
	}
	return list, explain(tried, rows.Err())
}
