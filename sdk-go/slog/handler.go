// Package faultlineslog is a slog.Handler that turns records of errors into
// events and other records into breadcrumbs, and hands every record on to the
// handler that it wraps. It writes nothing itself.
package faultlineslog

import (
	"context"
	"log/slog"
	"runtime"
	"slices"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// Options configures a Handler.
type Options struct {
	// EventLevel is the least level that becomes an event. Nil is slog.LevelError.
	EventLevel slog.Leveler
	// BreadcrumbLevel is the least level that becomes a breadcrumb. Nil is slog.LevelDebug.
	BreadcrumbLevel slog.Leveler
	// Hub is used when none travels in the context. Nil is the current hub.
	Hub *faultline.Hub
}

// Handler implements slog.Handler.
type Handler struct {
	options Options
	next    slog.Handler
	attrs   []slog.Attr // with their groups already around them
	groups  []string
}

// New returns a handler that reports and hands on to next; nil hands on to nobody.
func New(next slog.Handler, options Options) *Handler {
	if options.EventLevel == nil {
		options.EventLevel = slog.LevelError
	}
	if options.BreadcrumbLevel == nil {
		options.BreadcrumbLevel = slog.LevelDebug
	}
	return &Handler{options: options, next: next}
}

func (h *Handler) reports(level slog.Level) bool {
	return level >= h.options.EventLevel.Level() || level >= h.options.BreadcrumbLevel.Level()
}

// Enabled reports whether this handler or the wrapped one wants the level.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.reports(level) || h.next != nil && h.next.Enabled(ctx, level)
}

// Handle reports a record and hands it on.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	h.report(ctx, record)
	if h.next == nil || !h.next.Enabled(ctx, record.Level) {
		return nil
	}
	return h.next.Handle(ctx, record)
}

// WithAttrs returns a handler whose records carry attrs too.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.attrs = append(slices.Clip(h.attrs), wrap(h.groups, attrs)...)
	if h.next != nil {
		n.next = h.next.WithAttrs(attrs)
	}
	return &n
}

// WithGroup returns a handler that puts what comes later into a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	n := *h
	n.groups = append(slices.Clip(h.groups), name)
	if h.next != nil {
		n.next = h.next.WithGroup(name)
	}
	return &n
}

// wrap puts attributes into the groups that are open.
func wrap(groups []string, attrs []slog.Attr) []slog.Attr {
	for _, name := range slices.Backward(groups) {
		attrs = []slog.Attr{{Key: name, Value: slog.GroupValue(attrs...)}}
	}
	return attrs
}

func (h *Handler) report(ctx context.Context, record slog.Record) {
	if !h.reports(record.Level) {
		return
	}
	hub := faultline.GetHubFromContext(ctx)
	if hub == nil {
		hub = h.options.Hub
	}
	found := collect(h, record)
	if record.Level >= h.options.EventLevel.Level() {
		hub.Client().AddIntegration("slog")
		hub.CaptureEventWithHint(h.event(hub, record, found), &faultline.EventHint{
			Context: ctx, OriginalException: found.err, Data: record,
		})
		return
	}
	hub.AddBreadcrumb(&faultline.Breadcrumb{
		Type: "debug", Category: "slog", Message: record.Message,
		Level: level(record.Level), Data: found.data, Timestamp: record.Time,
	}, nil)
}

// found is what a record's attributes hold.
type found struct {
	err  error
	data map[string]any
}

func collect(h *Handler, record slog.Record) found {
	f := found{data: map[string]any{}}
	own := make([]slog.Attr, 0, record.NumAttrs())
	record.Attrs(func(a slog.Attr) bool {
		own = append(own, a)
		return true
	})
	f.add(f.data, h.attrs)
	f.add(f.data, wrap(h.groups, own))
	return f
}

func (f *found) add(into map[string]any, attrs []slog.Attr) {
	for _, a := range attrs {
		value := a.Value.Resolve()
		if value.Kind() == slog.KindGroup {
			group := into
			if a.Key != "" {
				inner, ok := into[a.Key].(map[string]any)
				if !ok {
					inner = map[string]any{}
					into[a.Key] = inner
				}
				group = inner
			}
			f.add(group, value.Group())
			continue
		}
		if a.Key == "" {
			continue
		}
		if err, ok := value.Any().(error); ok && err != nil {
			f.err = err
		}
		into[a.Key] = value.Any()
	}
}

// event makes the event: an exception where the record carries an error, a
// message beside it in any case.
func (h *Handler) event(hub *faultline.Hub, record slog.Record, found found) *faultline.Event {
	event := &faultline.Event{
		Level: level(record.Level), Logger: "slog", Message: record.Message, Timestamp: record.Time,
		Contexts: map[string]faultline.Context{"slog": found.data},
	}
	if place := source(record.PC); place != nil {
		event.Contexts["slog.source"] = place
	}
	if found.err != nil {
		event.Exception = hub.Client().Exceptions(found.err, "slog")
	} else if hub.Client().Options().AttachStacktrace {
		event.Threads = []faultline.Thread{{ID: "0", Current: true, Stacktrace: faultline.NewStacktrace()}}
	}
	return event
}

func source(pc uintptr) faultline.Context {
	if pc == 0 {
		return nil
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return faultline.Context{"function": frame.Function, "file": frame.File, "line": frame.Line}
}

func level(l slog.Level) faultline.Level {
	switch {
	case l < slog.LevelInfo:
		return faultline.LevelDebug
	case l < slog.LevelWarn:
		return faultline.LevelInfo
	case l < slog.LevelError:
		return faultline.LevelWarning
	case l < slog.LevelError+4:
		return faultline.LevelError
	default:
		return faultline.LevelFatal
	}
}
