package faultline

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Hub joins a client and a stack of scopes. A nil *Hub stands for the current
// one, so that GetHubFromContext can be used without asking whether a hub is
// there.
type Hub struct {
	mu     sync.RWMutex
	stack  []layer
	lastID EventID
}

type layer struct {
	client *Client
	scope  *Scope
}

var currentHub = NewHub(nil, NewScope())

// NewHub returns a hub for a client and a scope.
func NewHub(client *Client, scope *Scope) *Hub {
	if scope == nil {
		scope = NewScope()
	}
	return &Hub{stack: []layer{{client, scope}}}
}

// CurrentHub returns the program's global hub.
func CurrentHub() *Hub { return currentHub }

type hubKey struct{}

// GetHubFromContext returns the hub that travels in ctx, nil if there is none.
func GetHubFromContext(ctx context.Context) *Hub {
	if ctx == nil {
		return nil
	}
	hub, _ := ctx.Value(hubKey{}).(*Hub)
	return hub
}

// HasHubOnContext reports whether a hub travels in ctx.
func HasHubOnContext(ctx context.Context) bool { return GetHubFromContext(ctx) != nil }

// SetHubOnContext returns a context in which hub travels.
func SetHubOnContext(ctx context.Context, hub *Hub) context.Context {
	return context.WithValue(ctx, hubKey{}, hub)
}

// hubOrCurrent returns the hub of ctx or, without one, the global hub.
func hubOrCurrent(ctx context.Context) *Hub {
	if hub := GetHubFromContext(ctx); hub != nil {
		return hub
	}
	return currentHub
}

func (hub *Hub) top() layer {
	if hub == nil {
		hub = currentHub
	}
	hub.mu.RLock()
	defer hub.mu.RUnlock()
	return hub.stack[len(hub.stack)-1]
}

// Clone returns a hub with the same client and a copy of the scope, for work
// that runs beside this one.
func (hub *Hub) Clone() *Hub {
	top := hub.top()
	return NewHub(top.client, top.scope.Clone())
}

// Client returns the hub's client, nil if it has none.
func (hub *Hub) Client() *Client { return hub.top().client }

// Scope returns the hub's scope.
func (hub *Hub) Scope() *Scope { return hub.top().scope }

// BindClient makes client the hub's client.
func (hub *Hub) BindClient(client *Client) {
	if hub == nil {
		hub = currentHub
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	hub.stack[len(hub.stack)-1].client = client
}

// PushScope puts a copy of the scope on top of it and returns the copy.
func (hub *Hub) PushScope() *Scope {
	if hub == nil {
		hub = currentHub
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	top := hub.stack[len(hub.stack)-1]
	scope := top.scope.Clone()
	hub.stack = append(hub.stack, layer{top.client, scope})
	return scope
}

// PopScope removes the scope that PushScope put there.
func (hub *Hub) PopScope() {
	if hub == nil {
		hub = currentHub
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	if n := len(hub.stack); n > 1 {
		hub.stack = hub.stack[:n-1]
	}
}

// WithScope runs f with a copy of the scope that is gone afterwards.
func (hub *Hub) WithScope(f func(scope *Scope)) {
	scope := hub.PushScope()
	defer hub.PopScope()
	f(scope)
}

// ConfigureScope runs f with the hub's scope.
func (hub *Hub) ConfigureScope(f func(scope *Scope)) { f(hub.Scope()) }

// CaptureException reports an error. It returns nil if nothing was sent.
func (hub *Hub) CaptureException(err error) *EventID {
	top := hub.top()
	return hub.note(top.client.capture(func(c *Client) (*Event, *EventHint) {
		return c.eventFromError(err)
	}, top.scope))
}

// CaptureMessage reports a text. It returns nil if nothing was sent.
func (hub *Hub) CaptureMessage(message string) *EventID {
	top := hub.top()
	return hub.note(top.client.capture(func(c *Client) (*Event, *EventHint) {
		return c.eventFromMessage(message, LevelInfo), nil
	}, top.scope))
}

// CaptureEvent reports an event that the program made. The event is copied.
func (hub *Hub) CaptureEvent(event *Event) *EventID {
	return hub.CaptureEventWithHint(event, nil)
}

// CaptureEventWithHint reports an event with what it was made from.
func (hub *Hub) CaptureEventWithHint(event *Event, hint *EventHint) *EventID {
	top := hub.top()
	return hub.note(top.client.capture(func(*Client) (*Event, *EventHint) {
		return event.clone(), hint
	}, top.scope))
}

// Recover reports what the builtin recover returned; nil reports nothing.
func (hub *Hub) Recover(recovered any) *EventID {
	return hub.RecoverWithContext(context.Background(), recovered)
}

// RecoverWithContext reports what the builtin recover returned.
func (hub *Hub) RecoverWithContext(ctx context.Context, recovered any) *EventID {
	if recovered == nil {
		return nil
	}
	top := hub.top()
	return hub.note(top.client.capture(func(c *Client) (*Event, *EventHint) {
		return c.eventFromPanic(ctx, recovered)
	}, top.scope))
}

// LastEventID returns the id of the event that the hub captured last.
func (hub *Hub) LastEventID() EventID {
	if hub == nil {
		hub = currentHub
	}
	hub.mu.RLock()
	defer hub.mu.RUnlock()
	return hub.lastID
}

func (hub *Hub) note(id *EventID) *EventID {
	if id == nil {
		return nil
	}
	if hub == nil {
		hub = currentHub
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	hub.lastID = *id
	return id
}

// AddBreadcrumb notes something that happened. The hint may be nil.
func (hub *Hub) AddBreadcrumb(breadcrumb *Breadcrumb, hint *BreadcrumbHint) {
	top := hub.top()
	top.client.addBreadcrumb(top.scope, breadcrumb, hint)
}

// Flush returns true once every event captured before is stored by the server
// or has another outcome, false after the timeout.
func (hub *Hub) Flush(timeout time.Duration) bool { return hub.Client().Flush(timeout) }

// FlushWithContext is Flush with a context in place of the timeout.
func (hub *Hub) FlushWithContext(ctx context.Context) bool {
	return hub.Client().FlushWithContext(ctx)
}

// String names the hub in debugging output.
func (hub *Hub) String() string { return fmt.Sprintf("faultline.Hub(%p)", hub) }
