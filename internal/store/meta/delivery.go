package meta

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
)

const deliveryColumns = `id, project_id, rule_id, rule_name, fingerprint, short_id, cause, event, channel, recipient, status, reason, error,
	attempts, created_at, attempted_at, next_attempt_at, event_received_at, sent_at`

func scanDelivery(r scanner) (rule.Delivery, error) {
	var v rule.Delivery
	err := r.Scan(&v.ID, &v.ProjectID, &v.RuleID, &v.RuleName, intoFingerprint(&v.IssueID.Fingerprint), &v.ShortID, &v.Trigger, intoJSON(&v.Event),
		&v.Channel, &v.Recipient, &v.Status, &v.Reason, &v.Error, &v.Attempts,
		intoTime(&v.CreatedAt), intoTime(&v.AttemptedAt), intoTime(&v.NextAttemptAt), intoTime(&v.EventReceivedAt), intoTime(&v.SentAt))
	v.IssueID.ProjectID = v.ProjectID
	return v, err
}

// AddDelivery writes down a notification that is to be sent, or that was kept
// back. If one with its id exists, nothing changes and created is false.
func (s *Store) AddDelivery(ctx context.Context, v rule.Delivery) (created bool, err error) {
	event, err := jsonText(v.Event)
	if err != nil {
		return false, err
	}
	n, err := exec(ctx, s.write, "add delivery", `INSERT INTO deliveries (`+deliveryColumns+`) VALUES (`+placeholders(1, 19)+`) ON CONFLICT (id) DO NOTHING`,
		v.ID, v.ProjectID, v.RuleID, clean(v.RuleName), v.IssueID.Fingerprint.String(), v.ShortID, v.Trigger, event,
		v.Channel, clean(v.Recipient), v.Status, v.Reason, clean(v.Error), v.Attempts,
		micros(v.CreatedAt), micros(v.AttemptedAt), micros(v.NextAttemptAt), micros(v.EventReceivedAt), micros(v.SentAt))
	return n > 0, err
}

// UpdateDelivery writes what became of a delivery: its status, reason, error,
// attempts and their times. project.ErrNotFound if there is no such delivery.
func (s *Store) UpdateDelivery(ctx context.Context, v rule.Delivery) error {
	return change(ctx, s.write, "delivery "+v.ID, `UPDATE deliveries SET status = $2, reason = $3, error = $4, attempts = $5,
		attempted_at = $6, next_attempt_at = $7, sent_at = $8 WHERE id = $1`,
		v.ID, v.Status, v.Reason, clean(v.Error), v.Attempts, micros(v.AttemptedAt), micros(v.NextAttemptAt), micros(v.SentAt))
}

// Delivery returns one delivery, or project.ErrNotFound.
func (s *Store) Delivery(ctx context.Context, id string) (rule.Delivery, error) {
	return one(ctx, s.read, "delivery "+id, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`, clean(id))
}

// DueDeliveries returns the deliveries that wait for an attempt at a time, the
// longest waiting first.
func (s *Store) DueDeliveries(ctx context.Context, at time.Time, limit int) ([]rule.Delivery, error) {
	return list(ctx, s.read, "due deliveries", scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE status IN ($1, $2) AND next_attempt_at <= $3 ORDER BY next_attempt_at, id LIMIT $4`, rule.Pending, rule.Failed, micros(at), limit)
}

// LastNotified returns when a rule last decided to tell somebody of an issue;
// what was kept back or given up does not count. Zero: never.
func (s *Store) LastNotified(ctx context.Context, ruleID string, id issue.ID) (time.Time, error) {
	return one(ctx, s.read, "last notification", func(r scanner) (t time.Time, err error) { return t, r.Scan(intoTime(&t)) },
		`SELECT COALESCE(MAX(created_at), 0) FROM deliveries
		WHERE rule_id = $1 AND fingerprint = $2 AND project_id = $3 AND status NOT IN ($4, $5)`,
		ruleID, id.Fingerprint.String(), id.ProjectID, rule.Suppressed, rule.GaveUp)
}

// Deliveries returns the deliveries that a filter selects, newest first.
func (s *Store) Deliveries(ctx context.Context, f rule.DeliveryFilter, limit, offset int) ([]rule.Delivery, error) {
	where, args := []string{"project_id = $1"}, []any{f.ProjectID}
	and := func(column string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf("%s = $%d", column, len(args)))
	}
	if f.RuleID != "" {
		and("rule_id", clean(f.RuleID))
	}
	if f.IssueID != (issue.ID{}) {
		and("fingerprint", f.IssueID.Fingerprint.String())
	}
	if f.Status != "" {
		and("status", clean(string(f.Status)))
	}
	if f.Before != "" {
		args = append(args, clean(f.Before))
		where = append(where, fmt.Sprintf("(created_at, id) < (SELECT created_at, id FROM deliveries WHERE project_id = $1 AND id = $%d)", len(args)))
	}
	args = append(args, limit, offset)
	return list(ctx, s.read, "deliveries", scanDelivery, fmt.Sprintf(`SELECT `+deliveryColumns+` FROM deliveries WHERE %s
		ORDER BY created_at DESC, id DESC LIMIT $%d OFFSET $%d`, strings.Join(where, " AND "), len(args)-1, len(args)), args...)
}
