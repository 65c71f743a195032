package query

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// The limits of counting.
const (
	maxBuckets    = 500
	defaultGroups = 10
	maxGroups     = 100
)

// ExploreRequest asks for counts of events.
type ExploreRequest struct {
	ProjectID   uint32
	Query       string
	Environment string
	Range       view.Range
	Measure     view.Measure // empty: events
	GroupBy     string       // field or tag; empty: one group
	Buckets     int          // parts of the range; 0: totals only
	Groups      int          // 0: 10
}

// Explore counts events in total, over time, and by one field.
func (s *Service) Explore(ctx context.Context, a project.Access, r ExploreRequest) (view.Exploration, error) {
	p, err := s.project(ctx, a, r.ProjectID, project.ScopeEventRead)
	if err != nil {
		return view.Exploration{}, err
	}
	v := view.ExploreRequest{
		ProjectID: p.ID, Environment: r.Environment, Measure: r.Measure,
		GroupBy: r.GroupBy, Buckets: r.Buckets, Limit: r.Groups,
	}
	if v.Limit == 0 {
		v.Limit = defaultGroups
	}
	if v.Measure == "" {
		v.Measure = view.CountEvents
	}
	switch {
	case v.Measure != view.CountEvents && v.Measure != view.CountUsers:
		return view.Exploration{}, invalid("measure is %q; give %s or %s", v.Measure, view.CountEvents, view.CountUsers)
	case v.Buckets < 0 || v.Buckets > maxBuckets:
		return view.Exploration{}, invalid("buckets is %d; give at most %d", v.Buckets, maxBuckets)
	case v.Limit < 0 || v.Limit > maxGroups:
		return view.Exploration{}, invalid("limit is %d; give at most %d groups", v.Limit, maxGroups)
	}
	if v.GroupBy, err = groupKey(v.GroupBy); err != nil {
		return view.Exploration{}, err
	}
	if v.Query, err = s.parse(ctx, a, p, r.Query); err != nil {
		return view.Exploration{}, err
	}
	if v.Range, err = s.span(r.Range, defaultSpan); err != nil {
		return view.Exploration{}, err
	}
	found, err := s.Events.Explore(ctx, v)
	if err != nil {
		return view.Exploration{}, fmt.Errorf("count the events of project %d: %w", p.ID, err)
	}
	return found, nil
}

// groupKey writes the field or tag to group by in its canonical form.
func groupKey(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	k, err := search.ParseKey(name)
	if err != nil {
		return "", invalid("group_by is %q; give a field or tag such as release or tag[browser]", name)
	}
	if k.IsTag() || k.Field == search.Issue {
		return k.String(), nil
	}
	if info := k.Field.Info(); info.Issue || info.Kind == search.KindTime || k.Field == search.ID {
		return "", invalid("events cannot be grouped by %s", name)
	}
	return k.String(), nil
}

// ListOutcomes counts what became of a project's events at the edge, with the
// start of each bucket.
func (s *Service) ListOutcomes(ctx context.Context, a project.Access, projectID uint32, r view.Range, buckets int) ([]view.OutcomeSeries, []time.Time, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return nil, nil, err
	}
	if buckets < 0 || buckets > maxBuckets {
		return nil, nil, invalid("buckets is %d; give at most %d", buckets, maxBuckets)
	}
	if r, err = s.span(r, defaultSpan); err != nil {
		return nil, nil, err
	}
	series, times, err := s.Events.Outcomes(ctx, view.OutcomesRequest{ProjectID: p.ID, Range: r, Buckets: buckets})
	if err != nil {
		return nil, nil, fmt.Errorf("count the outcomes of project %d: %w", p.ID, err)
	}
	return series, times, nil
}
