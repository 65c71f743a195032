// Package faultlinetest lets tests look at what a program reports: a
// transport that records events instead of sending them.
package faultlinetest

import (
	"context"
	"sync"
	"testing"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// Transport records events. The zero value is ready for use.
type Transport struct {
	mu      sync.Mutex
	events  []*faultline.Event
	changed chan struct{}
	closed  bool
}

// NewHub returns a hub whose client records into the transport that is
// returned with it. Options other than Transport and Dsn are used as given.
func NewHub(t testing.TB, options faultline.ClientOptions) (*faultline.Hub, *Transport) {
	t.Helper()
	transport := &Transport{}
	options.Transport = transport
	client, err := faultline.NewClient(options)
	if err != nil {
		t.Fatalf("faultlinetest: %v", err)
	}
	t.Cleanup(client.Close)
	return faultline.NewHub(client, nil), transport
}

// SendEvent records an event.
func (t *Transport) SendEvent(event *faultline.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.events = append(t.events, event)
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// Events returns what was recorded so far, oldest first.
func (t *Transport) Events() []*faultline.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*faultline.Event(nil), t.events...)
}

// Last returns the event recorded last, nil if there is none.
func (t *Transport) Last() *faultline.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) == 0 {
		return nil
	}
	return t.events[len(t.events)-1]
}

// Await waits until at least n events are recorded; false means that ctx
// ended first.
func (t *Transport) Await(ctx context.Context, n int) bool {
	for {
		t.mu.Lock()
		if len(t.events) >= n {
			t.mu.Unlock()
			return true
		}
		if t.changed == nil {
			t.changed = make(chan struct{})
		}
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// Reset forgets what was recorded.
func (t *Transport) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = nil
}

// Flush has nothing to wait for.
func (t *Transport) Flush(context.Context) bool { return true }

// Close stops recording.
func (t *Transport) Close(context.Context) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return true
}
