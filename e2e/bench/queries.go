package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// question is one request of the dashboard.
type question struct {
	name   string
	method string
	path   string
	body   map[string]any
}

// answered is how long a question took.
type answered struct {
	name   string
	first  time.Duration
	median time.Duration
}

// ask measures what the dashboard asks, of the busiest project.
func (s *server) ask(ctx context.Context, l *load) ([]answered, error) {
	now := time.Now().UTC()
	day := now.Add(-24 * time.Hour).Format(time.RFC3339)
	end := now.Add(time.Hour).Format(time.RFC3339)
	span := "start=" + url.QueryEscape(day) + "&end=" + url.QueryEscape(end)
	id := l.gen.Event(l.gen.Project(1), uint64(l.options.batch)).ID
	idProject := l.gen.Project(1) + 1
	questions := []question{
		{"issue list, 24 h, by last seen", http.MethodGet, "/api/v1/projects/1/issues?pageSize=25&" + span, nil},
		{"issue list, 24 h, by events, with a query", http.MethodGet, "/api/v1/projects/1/issues?pageSize=25&sort=events&query=" + url.QueryEscape("level:error environment:production") + "&" + span, nil},
		{"histogram, 24 h, 60 buckets", http.MethodPost, "/api/v1/projects/1:explore", map[string]any{"start": day, "end": end, "buckets": 60}},
		{"top releases by users, 24 h", http.MethodPost, "/api/v1/projects/1:explore", map[string]any{"start": day, "end": end, "groupBy": "release", "measure": "users"}},
		{"free text, two words, newest 20 events", http.MethodGet, "/api/v1/projects/1/events?pageSize=20&query=" + url.QueryEscape("invoice refused") + "&" + span, nil},
		{"tag, newest 20 events", http.MethodGet, "/api/v1/projects/1/events?pageSize=20&query=" + url.QueryEscape("customer:c42") + "&" + span, nil},
		{"newest 20 events", http.MethodGet, "/api/v1/projects/1/events?pageSize=20&" + span, nil},
		{"one event by its id", http.MethodGet, fmt.Sprintf("/api/v1/projects/%d/events/%s", idProject, id), nil},
	}
	out := make([]answered, 0, len(questions))
	for _, q := range questions {
		var took []time.Duration
		for range 11 {
			var in any
			if q.body != nil {
				in = q.body
			}
			began := time.Now()
			if err := s.call(ctx, q.method, q.path, in, nil); err != nil {
				return nil, fmt.Errorf("%s: %w", q.name, err)
			}
			took = append(took, time.Since(began))
		}
		first := took[0]
		slices.Sort(took)
		out = append(out, answered{q.name, first, took[len(took)/2]})
	}
	return out, nil
}
