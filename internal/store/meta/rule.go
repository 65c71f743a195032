package meta

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/rule"
)

const ruleColumns = `id, project_id, name, enabled, triggers, query, emails, throttle, created_at`

func scanRule(r scanner) (rule.Rule, error) {
	var v rule.Rule
	var throttle int64
	err := r.Scan(&v.ID, &v.ProjectID, &v.Name, &v.Enabled, intoJSON(&v.Triggers), &v.Query, intoJSON(&v.Emails), &throttle, intoTime(&v.CreatedAt))
	v.Throttle = time.Duration(throttle) * time.Microsecond
	return v, err
}

// Rules returns the alert rules of a project, by name.
func (s *Store) Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error) {
	return list(ctx, s.read, "alert rules", scanRule, `SELECT `+ruleColumns+` FROM rules WHERE project_id = $1 ORDER BY name, id`, projectID)
}

// EventRules returns the enabled alert rules of all projects that watch every event.
func (s *Store) EventRules(ctx context.Context) ([]rule.Rule, error) {
	all, err := list(ctx, s.read, "alert rules", scanRule, `SELECT `+ruleColumns+` FROM rules WHERE enabled ORDER BY project_id, name, id`)
	return slices.DeleteFunc(all, func(r rule.Rule) bool { return !slices.Contains(r.Triggers, rule.OnEvent) }), err
}

// Rule returns one alert rule, or project.ErrNotFound.
func (s *Store) Rule(ctx context.Context, id string) (rule.Rule, error) {
	return one(ctx, s.read, "alert rule "+id, scanRule, `SELECT `+ruleColumns+` FROM rules WHERE id = $1`, clean(id))
}

// PutRule adds an alert rule, or replaces the one with its id in its project. An
// empty id gets a new one. The time of making stays what it was.
// project.ErrNotFound if the id belongs to another project.
func (s *Store) PutRule(ctx context.Context, v rule.Rule) (rule.Rule, error) {
	return putRule(ctx, s.write, v)
}

func putRule(ctx context.Context, q querier, v rule.Rule) (rule.Rule, error) {
	if v.ID == "" {
		v.ID = newID()
	}
	if v.CreatedAt.IsZero() {
		v.CreatedAt = now()
	}
	triggers, err := jsonText(v.Triggers)
	if err != nil {
		return rule.Rule{}, err
	}
	emails, err := jsonText(v.Emails)
	if err != nil {
		return rule.Rule{}, err
	}
	return one(ctx, q, "alert rule "+v.ID, scanRule, `INSERT INTO rules (`+ruleColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, triggers = excluded.triggers, query = excluded.query,
			emails = excluded.emails, throttle = excluded.throttle
		WHERE rules.project_id = excluded.project_id
		RETURNING `+ruleColumns,
		v.ID, v.ProjectID, clean(v.Name), v.Enabled, triggers, clean(v.Query), emails, v.Throttle.Microseconds(), micros(v.CreatedAt))
}

// DeleteRule removes an alert rule of a project. project.ErrNotFound if it has
// no such rule.
func (s *Store) DeleteRule(ctx context.Context, projectID uint32, id string) error {
	return change(ctx, s.write, "alert rule "+id, `DELETE FROM rules WHERE project_id = $1 AND id = $2`, projectID, clean(id))
}
