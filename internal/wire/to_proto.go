package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"github.com/faultline-dev/faultline/internal/event"
)

// ToProto makes the message of an event. FromProto of it is the same event, with
// lists that stand for maps in the order of their keys.
func ToProto(e *event.Event) *eventv1.Event {
	m := &eventv1.Event{
		Timestamp: toTimestamp(e.Timestamp), Level: eventv1.Level(e.Level), Platform: e.Platform,
		Logger: e.Logger, Transaction: e.Transaction, ServerName: e.ServerName, Release: e.Release,
		Dist: e.Dist, Environment: e.Environment, Message: toMessage(e.Message),
		Exceptions: list(e.Exceptions, toException), Threads: list(e.Threads, toThread),
		Breadcrumbs: list(e.Breadcrumbs, toBreadcrumb), User: toUser(e.User), Request: toRequest(e.Request),
		Contexts: toContexts(e.Contexts), Tags: toMap(e.Tags), Extra: toStruct(e.Extra),
		Fingerprint: e.Fingerprint, Modules: toMap(e.Modules), Sdk: toSDK(e.SDK), Trace: toTrace(e.Trace),
		DebugImages: list(e.DebugImages, toDebugImage), Attachments: list(e.Attachments, toAttachment),
		Flags: list(e.Flags, toFlag), Trimmed: e.Trimmed, Scrubbed: e.Scrubbed,
	}
	if !e.ID.IsZero() {
		m.EventId = e.ID[:]
	}
	return m
}

// list maps each element of a slice; nothing gives nil.
func list[In, Out any](in []In, f func(*In) Out) []Out {
	if len(in) == 0 {
		return nil
	}
	out := make([]Out, len(in))
	for i := range in {
		out[i] = f(&in[i])
	}
	return out
}

func toTimestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func toMap(tags []event.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

func toMessage(m event.Message) *eventv1.Message {
	if m.Template == "" && m.Formatted == "" && len(m.Params) == 0 {
		return nil
	}
	return &eventv1.Message{Template: m.Template, Formatted: m.Formatted, Params: m.Params}
}

func toException(x *event.Exception) *eventv1.Exception {
	return &eventv1.Exception{
		Type: x.Type, Value: x.Value, Module: x.Module, ThreadId: x.ThreadID,
		Stacktrace: toStacktrace(&x.Stack), Mechanism: toMechanism(&x.Mechanism),
	}
}

func toMechanism(m *event.Mechanism) *eventv1.Mechanism {
	if *m == (event.Mechanism{ParentID: noParent}) {
		return nil
	}
	out := &eventv1.Mechanism{
		Type: m.Type, ExceptionId: int32(m.ID), IsGroup: m.IsGroup, Source: m.Source,
		Synthetic: m.Synthetic, Description: m.Description, Data: toStruct(m.Data),
	}
	if m.Handled != event.HandledUnknown {
		handled := m.Handled == event.HandledYes
		out.Handled = &handled
	}
	if m.ParentID >= 0 {
		parent := int32(m.ParentID)
		out.ParentId = &parent
	}
	return out
}

func toStacktrace(s *event.Stacktrace) *eventv1.Stacktrace {
	if len(s.Frames) == 0 && s.Omitted == 0 {
		return nil
	}
	return &eventv1.Stacktrace{Frames: list(s.Frames, toFrame), FramesOmitted: uint32(s.Omitted)}
}

func toFrame(f *event.Frame) *eventv1.Frame {
	out := &eventv1.Frame{
		Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: f.AbsPath,
		Lineno: f.Line, Colno: f.Column, PreContext: f.PreContext, ContextLine: f.ContextLine,
		PostContext: f.PostContext, Vars: toStruct(f.Vars), Package: f.Package,
		InstructionAddr: f.InstructionAddr, ImageAddr: f.ImageAddr, Symbol: f.Symbol, Platform: f.Platform,
	}
	if f.InApp != event.InAppUnknown {
		inApp := f.InApp == event.InAppYes
		out.InApp = &inApp
	}
	out.Origin = toOrigin(f.Origin)
	return out
}

func toOrigin(o *event.Origin) *eventv1.FrameOrigin {
	if o == nil {
		return nil
	}
	out := &eventv1.FrameOrigin{
		Function: o.Function, Module: o.Module, Filename: o.Filename, AbsPath: o.AbsPath,
		Lineno: o.Line, Colno: o.Column, ContextLine: o.ContextLine, Inlined: o.Inlined,
	}
	if o.InApp != event.InAppUnknown {
		inApp := o.InApp == event.InAppYes
		out.InApp = &inApp
	}
	return out
}

func toThread(t *event.Thread) *eventv1.Thread {
	return &eventv1.Thread{
		Id: t.ID, Name: t.Name, Crashed: t.Crashed, Current: t.Current, State: t.State,
		Stacktrace: toStacktrace(&t.Stack),
	}
}

func toBreadcrumb(b *event.Breadcrumb) *eventv1.Breadcrumb {
	return &eventv1.Breadcrumb{
		Timestamp: toTimestamp(b.Timestamp), Type: b.Type, Category: b.Category, Message: b.Message,
		Level: eventv1.Level(b.Level), Data: toStruct(b.Data),
	}
}

func toUser(u event.User) *eventv1.User {
	if u.Label() == "" && len(u.Data) == 0 {
		return nil
	}
	return &eventv1.User{
		Id: u.ID, Email: u.Email, Username: u.Username, Name: u.Name, IpAddress: u.IP, Data: toMap(u.Data),
	}
}

func toRequest(r event.Request) *eventv1.Request {
	if r.IsZero() {
		return nil
	}
	return &eventv1.Request{
		Url: r.URL, Method: r.Method, QueryString: r.Query, Cookies: r.Cookies, Body: r.Body,
		Headers: list(r.Headers, func(h *event.Tag) *eventv1.Header {
			return &eventv1.Header{Name: h.Key, Value: h.Value}
		}),
		Env: toMap(r.Env),
	}
}

func toContexts(contexts []event.Context) map[string]*structpb.Struct {
	if len(contexts) == 0 {
		return nil
	}
	m := make(map[string]*structpb.Struct, len(contexts))
	for _, c := range contexts {
		s := toStruct(c.Data)
		if s == nil {
			s = &structpb.Struct{}
		}
		m[c.Name] = s
	}
	return m
}

func toSDK(s event.SDK) *eventv1.Sdk {
	if s.Name == "" && s.Version == "" && len(s.Integrations) == 0 {
		return nil
	}
	return &eventv1.Sdk{Name: s.Name, Version: s.Version, Integrations: s.Integrations}
}

func toTrace(t event.Trace) *eventv1.Trace {
	if t == (event.Trace{}) {
		return nil
	}
	out := &eventv1.Trace{}
	if t.TraceID != [16]byte{} {
		out.TraceId = t.TraceID[:]
	}
	if t.SpanID != [8]byte{} {
		out.SpanId = t.SpanID[:]
	}
	if t.ParentSpanID != [8]byte{} {
		out.ParentSpanId = t.ParentSpanID[:]
	}
	return out
}

func toDebugImage(d *event.DebugImage) *eventv1.DebugImage {
	return &eventv1.DebugImage{
		Type: d.Type, DebugId: d.DebugID, CodeId: d.CodeID, CodeFile: d.CodeFile, DebugFile: d.DebugFile,
		ImageAddr: d.ImageAddr, ImageSize: d.ImageSize, Arch: d.Arch,
	}
}

func toAttachment(a *event.Attachment) *eventv1.Attachment {
	return &eventv1.Attachment{Filename: a.Filename, ContentType: a.ContentType, Type: a.Type, Size: a.Size}
}

func toFlag(f *event.Flag) *eventv1.Flag {
	return &eventv1.Flag{Name: f.Name, Result: f.Result}
}
