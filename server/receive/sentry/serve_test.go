package sentry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/receive"
)

const testKey = "0123456789abcdef0123456789abcdef"

// notebook is a sink that writes down what it gets.
type notebook struct {
	mu      sync.Mutex
	batches []*receive.Batch
	answer  func(*event.Event) outcome.Result // nil: stored
}

func (n *notebook) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
		n.mu.Lock()
		n.batches = append(n.batches, b)
		n.mu.Unlock()
		results := make([]outcome.Result, len(b.Events))
		for i, e := range b.Events {
			if e.ID.IsZero() {
				e.ID = event.NewID()
			}
			results[i] = outcome.Result{Kind: outcome.Stored}
			if n.answer != nil {
				results[i] = n.answer(e)
			}
			results[i].EventID = e.ID
		}
		return results
	}
}

// last is the batch that came last.
func (n *notebook) last(t testing.TB) *receive.Batch {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.batches) == 0 {
		t.Fatal("nothing was handed over")
	}
	return n.batches[len(n.batches)-1]
}

// event is the only event of the last batch.
func (n *notebook) event(t testing.TB) *event.Event {
	t.Helper()
	b := n.last(t)
	if len(b.Events) != 1 {
		t.Fatalf("%d events", len(b.Events))
	}
	return b.Events[0]
}

// keyring knows the key of project 7.
type keyring struct{}

// awayError is what a key store says that cannot be reached.
type awayError struct{}

func (awayError) Error() string   { return "away" }
func (awayError) Retryable() bool { return true }

func (keyring) Key(_ context.Context, credential string, projectID uint32) (project.Access, error) {
	switch {
	case credential == "away":
		return project.Access{}, awayError{}
	case credential != testKey:
		return project.Access{}, fmt.Errorf("%w: unknown", project.ErrUnauthenticated)
	case projectID != 0 && projectID != 7:
		return project.Access{}, fmt.Errorf("%w: not this project", project.ErrForbidden)
	}
	return project.Access{ProjectID: 7, KeyID: "key-1", Scopes: []project.Scope{project.ScopeEventWrite}}, nil
}

// place is a handler on a listener, with its sink.
type place struct {
	*notebook
	handler *Handler
	url     string
}

func newPlace(t testing.TB, change func(*Config)) *place {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	p := &place{notebook: &notebook{}}
	var err error
	p.handler, err = New(cfg, Parts{Sink: p.notebook, Keys: keyring{}, Metrics: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(p.handler.Wrap(http.NotFoundHandler()))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// reply is what came back.
type reply struct {
	*http.Response
	text string
}

// send makes a request; headers are "Name: value".
func (p *place) send(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if w.Header.Get("Access-Control-Allow-Origin") != "*" && w.StatusCode != http.StatusNotFound {
		t.Errorf("%s %s: no CORS", method, path)
	}
	return reply{w, string(text)}
}

// withKey is a query that lets in.
const withKey = "?sentry_key=" + testKey + "&sentry_version=7"

// envelopeOf puts items, each header and payload, into an envelope.
func envelopeOf(header string, items ...string) string {
	return header + "\n" + strings.Join(items, "\n")
}
