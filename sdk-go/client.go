package faultline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faultline-dev/faultline/sdk-go/internal/stream"
)

// Client finishes events and hands them to a transport. A nil *Client drops
// everything. Its methods may be called from any goroutine.
type Client struct {
	options   ClientOptions
	dsn       *Dsn
	transport Transport
	log       *debugLog
	app       *inApp
	closed    atomic.Bool

	integrationsMu sync.RWMutex
	integrations   []string
}

// Stats counts what became of events.
type Stats struct {
	// Stored counts events that the server acknowledged as stored.
	Stored uint64
	// Refused counts events to which the server gave another outcome.
	Refused uint64
	// Resent counts sendings beyond the first.
	Resent uint64
	// Dropped counts events that the SDK gave up, by reason.
	Dropped map[string]uint64
	// Pending counts events without outcome yet.
	Pending int
}

// NewClient checks the options and starts a client. Without DSN it sends nothing.
func NewClient(options ClientOptions) (*Client, error) {
	options, err := options.complete()
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	c := &Client{
		options:   options,
		log:       newDebugLog(options),
		app:       &inApp{include: options.InAppInclude, exclude: options.InAppExclude},
		transport: noTransport{},
	}
	if options.Dsn != "" {
		if c.dsn, err = NewDsn(options.Dsn); err != nil {
			return nil, fmt.Errorf("make client: %w", err)
		}
	}
	switch {
	case options.Transport != nil:
		c.transport = options.Transport
	case c.dsn != nil:
		if c.transport, err = newStreamTransport(options, c.dsn, c.app, c.log); err != nil {
			return nil, fmt.Errorf("make client: %w", err)
		}
	}
	return c, nil
}

// Options returns the options with defaults filled in.
func (c *Client) Options() ClientOptions {
	if c == nil {
		return ClientOptions{}
	}
	return c.options
}

// AddIntegration names an integration in the events' SDK information.
func (c *Client) AddIntegration(name string) {
	if c == nil {
		return
	}
	c.integrationsMu.Lock()
	defer c.integrationsMu.Unlock()
	for _, known := range c.integrations {
		if known == name {
			return
		}
	}
	c.integrations = append(c.integrations[:len(c.integrations):len(c.integrations)], name)
}

// Stats returns what became of events so far.
func (c *Client) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	if s, ok := c.transport.(interface{ stats() Stats }); ok {
		return s.stats()
	}
	return Stats{}
}

// CaptureException reports an error with what scope knows; scope may be nil.
func (c *Client) CaptureException(err error, hint *EventHint, scope *Scope) *EventID {
	return c.capture(func(c *Client) (*Event, *EventHint) {
		event, own := c.eventFromError(err)
		if hint != nil {
			own = hint
		}
		return event, own
	}, scope)
}

// CaptureMessage reports a text with what scope knows; scope may be nil.
func (c *Client) CaptureMessage(message string, hint *EventHint, scope *Scope) *EventID {
	return c.capture(func(c *Client) (*Event, *EventHint) { return c.eventFromMessage(message, LevelInfo), hint }, scope)
}

// CaptureEvent reports an event with what scope knows; scope may be nil. The
// event is copied.
func (c *Client) CaptureEvent(event *Event, hint *EventHint, scope *Scope) *EventID {
	return c.capture(func(*Client) (*Event, *EventHint) { return event.clone(), hint }, scope)
}

// capture makes, finishes and sends an event. Whatever panics on the way, the
// caller goes on.
func (c *Client) capture(make func(*Client) (*Event, *EventHint), scope *Scope) (id *EventID) {
	if c == nil || c.closed.Load() {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			c.drop(stream.DropInternal, "capture panicked: %v", r)
			id = nil
		}
	}()
	event, hint := make(c)
	if event == nil {
		return nil
	}
	return c.process(event, hint, scope)
}

func (c *Client) drop(reason, format string, args ...any) {
	if r, ok := c.transport.(dropRecorder); ok {
		r.recordDrop(reason)
	}
	c.log.printf("event dropped (%s): "+format, append([]any{reason}, args...)...)
}

// process decides about an event, fills it in, shows it to the hooks and
// hands it to the transport.
func (c *Client) process(event *Event, hint *EventHint, scope *Scope) *EventID {
	if c.options.SampleRate < 1 && rand.Float64() >= c.options.SampleRate {
		c.drop(stream.DropSampleRate, "not sampled")
		return nil
	}
	if c.ignored(event) {
		c.drop(stream.DropBeforeSend, "matches IgnoreErrors")
		return nil
	}
	processors := scope.apply(event, c.options.SendDefaultPII)
	c.fill(event)
	if len(processors) > 0 || c.options.BeforeSend != nil {
		if event = c.hooks(event, hint, processors); event == nil {
			return nil
		}
	}
	id := event.EventID
	if _, ok := c.transport.(*streamTransport); !ok {
		event.resolve(c.app)
		event.addFacts()
	}
	c.transport.SendEvent(event)
	return &id
}

func (c *Client) ignored(event *Event) bool {
	for _, re := range c.options.ignore {
		if event.Message != "" && re.MatchString(event.Message) {
			return true
		}
		if len(event.Exception) > 0 {
			if first := &event.Exception[0]; re.MatchString(first.Value) || re.MatchString(first.Type) {
				return true
			}
		}
	}
	return false
}

// fill sets what neither the event nor the scope says.
func (c *Client) fill(event *Event) {
	if _, ok := event.EventID.bytes(); !ok {
		event.EventID = newEventID()
	}
	if event.Timestamp.IsZero() {
		event.Timestamp = time.Now()
	}
	if event.Level == "" {
		event.Level = LevelInfo
	}
	event.Platform = either(event.Platform, "go")
	event.ServerName = either(event.ServerName, c.options.ServerName)
	event.Release = either(event.Release, c.options.Release)
	event.Dist = either(event.Dist, c.options.Dist)
	event.Environment = either(event.Environment, c.options.Environment)
	if event.Sdk.Name == "" {
		c.integrationsMu.RLock()
		event.Sdk = SdkInfo{Name: "faultline.go", Version: Version, Integrations: c.integrations}
		c.integrationsMu.RUnlock()
	}
	if c.options.AttachGoroutines && event.Level == LevelFatal && event.Threads == nil {
		event.goroutines = dumpGoroutines()
	}
}

// hooks shows a private copy of the event to the program's functions.
func (c *Client) hooks(event *Event, hint *EventHint, processors []EventProcessor) (out *Event) {
	defer func() {
		if r := recover(); r != nil {
			c.drop(stream.DropBeforeSend, "hook panicked: %v", r)
			out = nil
		}
	}()
	event = event.clone()
	event.addFacts()
	event.resolve(c.app)
	if hint == nil {
		hint = &EventHint{}
	}
	hint.EventID = event.EventID
	for _, processor := range processors {
		if event = processor(event, hint); event == nil {
			c.drop(stream.DropBeforeSend, "an event processor returned nil")
			return nil
		}
	}
	if c.options.BeforeSend != nil {
		if event = c.options.BeforeSend(event, hint); event == nil {
			c.drop(stream.DropBeforeSend, "BeforeSend returned nil")
			return nil
		}
	}
	// The program may keep what it was shown.
	return event.clone()
}

// addBreadcrumb passes a breadcrumb through the hook to the scope.
func (c *Client) addBreadcrumb(scope *Scope, breadcrumb *Breadcrumb, hint *BreadcrumbHint) {
	if breadcrumb == nil {
		return
	}
	limit := 100
	if c != nil {
		limit = c.options.MaxBreadcrumbs
		if c.options.BeforeBreadcrumb != nil {
			if breadcrumb = c.breadcrumbHook(breadcrumb, hint); breadcrumb == nil {
				return
			}
		}
	}
	scope.AddBreadcrumb(breadcrumb, limit)
}

func (c *Client) breadcrumbHook(breadcrumb *Breadcrumb, hint *BreadcrumbHint) (out *Breadcrumb) {
	defer func() {
		if r := recover(); r != nil {
			c.log.printf("breadcrumb dropped: BeforeBreadcrumb panicked: %v", r)
			out = nil
		}
	}()
	if hint == nil {
		hint = &BreadcrumbHint{}
	}
	return c.options.BeforeBreadcrumb(breadcrumb, hint)
}

// Flush returns true once every event captured before is stored by the server
// or has another outcome, false after the timeout.
func (c *Client) Flush(timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.FlushWithContext(ctx)
}

// FlushWithContext is Flush with a context in place of the timeout.
func (c *Client) FlushWithContext(ctx context.Context) bool {
	if c == nil {
		return true
	}
	return c.transport.Flush(ctx)
}

// Close flushes within ClientOptions.ShutdownTimeout and stops the client.
// Events that are captured later are dropped.
func (c *Client) Close() {
	if c == nil || c.closed.Swap(true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.options.ShutdownTimeout)
	defer cancel()
	c.transport.Close(ctx)
}
