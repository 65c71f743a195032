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
	first  time.Duration // of a server that has just started
	median time.Duration
}

// questions are what the dashboard asks, of the busiest project.
func questions(l *load) []question {
	now := time.Now().UTC()
	day := now.Add(-24 * time.Hour).Format(time.RFC3339)
	end := now.Add(time.Hour).Format(time.RFC3339)
	span := "start=" + url.QueryEscape(day) + "&end=" + url.QueryEscape(end)
	some := l.gen.Event(l.gen.Project(1), uint64(l.options.batch))
	list := func(of, query string) string {
		return "/api/v1/projects/1/" + of + "&query=" + url.QueryEscape(query) + "&" + span
	}
	const explore = "/api/v1/projects/1:explore"
	return []question{
		{"count of a day's events", http.MethodPost, explore, map[string]any{"start": day, "end": end}},
		{"histogram, 24 h, 60 buckets", http.MethodPost, explore, map[string]any{"start": day, "end": end, "buckets": 60}},
		{"issue list, 24 h, by last seen", http.MethodGet, "/api/v1/projects/1/issues?pageSize=25&" + span, nil},
		{"issue list, 24 h, by events, with a query", http.MethodGet, list("issues?pageSize=25&sort=events", "level:error environment:production"), nil},
		{"issue list, 24 h, by users", http.MethodGet, "/api/v1/projects/1/issues?pageSize=25&sort=users&" + span, nil},
		{"top releases by users, 24 h", http.MethodPost, explore, map[string]any{"start": day, "end": end, "groupBy": "release", "measure": "users"}},
		{"free text, two words, newest 20 events", http.MethodGet, list("events?pageSize=20", "invoice refused"), nil},
		{"free text, a phrase, newest 20 events", http.MethodGet, list("events?pageSize=20", `"refused by peer"`), nil},
		{"free text, a word that one event has", http.MethodGet, list("events?pageSize=20", some.User.Email), nil},
		{"free text, two words, counted", http.MethodPost, explore, map[string]any{"start": day, "end": end, "query": "invoice refused"}},
		{"a pattern in the message, counted", http.MethodPost, explore, map[string]any{"start": day, "end": end, "query": "error.value:*connection*refused*"}},
		{"tag, newest 20 events", http.MethodGet, list("events?pageSize=20", "customer:c42"), nil},
		{"newest 20 events", http.MethodGet, "/api/v1/projects/1/events?pageSize=20&" + span, nil},
		{"one event by its id", http.MethodGet, fmt.Sprintf("/api/v1/projects/%d/events/%s", l.gen.Project(1)+1, some.ID), nil},
	}
}

// put asks a question.
func (s *server) put(ctx context.Context, q question) error {
	var in any
	if q.body != nil {
		in = q.body
	}
	if err := s.call(ctx, q.method, q.path, in, nil); err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	return nil
}

// ask measures every question a few times.
func (s *server) ask(ctx context.Context, l *load) ([]answered, error) {
	var out []answered
	for _, q := range questions(l) {
		var took []time.Duration
		for range 11 {
			began := time.Now()
			if err := s.put(ctx, q); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		out = append(out, answered{name: q.name, median: took[len(took)/2]})
	}
	return out, nil
}
