package faultline

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
)

// eventFromError makes an event of an error and everything it wraps.
func (c *Client) eventFromError(err error) (*Event, *EventHint) {
	if err == nil {
		return nil, nil
	}
	handled := true
	list := exceptions(err, c.options.MaxErrorDepth, Mechanism{Type: "generic", Handled: &handled})
	if list[0].Stacktrace == nil {
		list[0].Stacktrace = captureStack(2)
	}
	return &Event{Level: LevelError, Exception: list}, &EventHint{OriginalException: err}
}

// Exceptions returns an error and everything it wraps as a list for an event,
// with the stack that it carries or else the caller's. The mechanism names the
// integration that found the error.
func (c *Client) Exceptions(err error, mechanism string) []Exception {
	if err == nil {
		return nil
	}
	limit := 50
	if c != nil {
		limit = c.options.MaxErrorDepth
	}
	handled := true
	list := exceptions(err, limit, Mechanism{Type: mechanism, Handled: &handled})
	if list[0].Stacktrace == nil {
		list[0].Stacktrace = captureStack(1)
	}
	return list
}

// eventFromMessage makes an event of a text.
func (c *Client) eventFromMessage(message string, level Level) *Event {
	event := &Event{Level: level, Message: message}
	if c.options.AttachStacktrace {
		event.Threads = []Thread{{ID: "0", Current: true, Stacktrace: captureStack(2)}}
	}
	return event
}

// eventFromPanic makes an event of what recover returned. It must run in the
// deferred function, while the stack of the panic is still there.
func (c *Client) eventFromPanic(ctx context.Context, recovered any) (*Event, *EventHint) {
	handled := false
	mechanism := Mechanism{Type: "panic", Handled: &handled}
	hint := &EventHint{RecoveredException: recovered, Context: ctx}
	event := &Event{Level: LevelFatal}
	if err, ok := recovered.(error); ok {
		hint.OriginalException = err
		if fault, ok := err.(runtime.Error); ok {
			mechanism.Description = "run-time panic"
			if at, ok := fault.(interface{ Addr() uintptr }); ok {
				mechanism.Data = map[string]any{"address": fmt.Sprintf("%#x", at.Addr())}
			}
		}
		event.Exception = exceptions(err, c.options.MaxErrorDepth, mechanism)
	} else {
		name, module := typeOf(recovered)
		event.Exception = []Exception{{
			Type: "panic: " + name, Module: module, Value: fmt.Sprint(recovered), Mechanism: &mechanism,
		}}
		if _, isText := recovered.(string); isText {
			event.Exception[0].Type = "panic"
		}
	}
	// Where the panic happened says more than where its error was made.
	stack := captureStack(2)
	stack.panicked = true
	event.Exception[0].Stacktrace = stack
	return event, hint
}

// clone returns a copy that shares nothing that can change.
func (e *Event) clone() *Event {
	if e == nil {
		return nil
	}
	n := *e
	n.MessageParams = slices.Clone(e.MessageParams)
	n.Fingerprint = slices.Clone(e.Fingerprint)
	n.Flags = slices.Clone(e.Flags)
	n.Tags = maps.Clone(e.Tags)
	n.Modules = maps.Clone(e.Modules)
	n.User.Data = maps.Clone(e.User.Data)
	n.Sdk.Integrations = slices.Clone(e.Sdk.Integrations)
	n.Extra = plainMap(e.Extra)
	if e.Contexts != nil {
		n.Contexts = make(map[string]Context, len(e.Contexts))
		for name, facts := range e.Contexts {
			n.Contexts[name] = plainMap(facts)
		}
	}
	n.Exception = slices.Clone(e.Exception)
	for i := range n.Exception {
		x := &n.Exception[i]
		x.Stacktrace = x.Stacktrace.clone()
		if x.Mechanism != nil {
			m := *x.Mechanism
			m.Data = plainMap(m.Data)
			x.Mechanism = &m
		}
	}
	n.Threads = slices.Clone(e.Threads)
	for i := range n.Threads {
		n.Threads[i].Stacktrace = n.Threads[i].Stacktrace.clone()
	}
	n.Breadcrumbs = make([]*Breadcrumb, 0, len(e.Breadcrumbs))
	for _, b := range e.Breadcrumbs {
		if b != nil {
			c := *b
			c.Data = plainMap(c.Data)
			n.Breadcrumbs = append(n.Breadcrumbs, &c)
		}
	}
	if e.Request != nil {
		r := *e.Request
		r.Headers = r.Headers.Clone()
		r.Env = maps.Clone(r.Env)
		n.Request = &r
	}
	return &n
}

func (s *Stacktrace) clone() *Stacktrace {
	if s == nil {
		return nil
	}
	n := *s
	n.Frames = slices.Clone(s.Frames)
	for i := range n.Frames {
		f := &n.Frames[i]
		f.PreContext, f.PostContext = slices.Clone(f.PreContext), slices.Clone(f.PostContext)
		f.Vars = plainMap(f.Vars)
	}
	return &n
}

// resolve looks up names, files and lines of every stack.
func (e *Event) resolve(app *inApp) {
	for i := range e.Exception {
		e.Exception[i].Stacktrace.resolve(app)
	}
	for i := range e.Threads {
		e.Threads[i].Stacktrace.resolve(app)
	}
	if e.goroutines != nil {
		e.Threads = parseGoroutines(e.goroutines, app)
		e.goroutines = nil
		if len(e.Threads) > 0 {
			e.Threads[0].Crashed = true
			for i := range e.Exception {
				e.Exception[i].ThreadID = e.Threads[0].ID
			}
		}
	}
}

// addFacts adds what is known about the program and the machine, for those who
// want to see it as it is. The stream has it encoded already.
func (e *Event) addFacts() {
	if e.complete {
		return
	}
	e.complete = true
	if e.Modules == nil {
		e.Modules = maps.Clone(buildModules())
	}
	all := make(map[string]Context, len(e.Contexts)+4)
	maps.Copy(all, surroundings())
	all["runtime"] = runtimeContext()
	maps.Copy(all, e.Contexts)
	e.Contexts = all
}
