package faultline

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// valid returns text that protobuf accepts.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func validList(list []string) []string {
	if !slices.ContainsFunc(list, func(s string) bool { return !utf8.ValidString(s) }) {
		return list
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = valid(s)
	}
	return out
}

func validMap(m map[string]string) map[string]string {
	for k, v := range m {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			out := make(map[string]string, len(m))
			for k, v := range m {
				out[valid(k)] = valid(v)
			}
			return out
		}
	}
	return m
}

func toLevel(l Level) eventv1.Level {
	switch l {
	case LevelDebug:
		return eventv1.Level_LEVEL_DEBUG
	case LevelInfo:
		return eventv1.Level_LEVEL_INFO
	case LevelWarning, "warn":
		return eventv1.Level_LEVEL_WARNING
	case LevelError:
		return eventv1.Level_LEVEL_ERROR
	case LevelFatal, "critical":
		return eventv1.Level_LEVEL_FATAL
	default:
		return eventv1.Level_LEVEL_UNSPECIFIED
	}
}

// toValue turns a value as plain returns it into protobuf.
func toValue(v any) *structpb.Value {
	switch v := v.(type) {
	case nil:
		return structpb.NewNullValue()
	case bool:
		return structpb.NewBoolValue(v)
	case string:
		return structpb.NewStringValue(valid(v))
	case float64:
		return structpb.NewNumberValue(v)
	case map[string]any:
		return structpb.NewStructValue(toStruct(v))
	case []any:
		list := &structpb.ListValue{Values: make([]*structpb.Value, len(v))}
		for i, item := range v {
			list.Values[i] = toValue(item)
		}
		return structpb.NewListValue(list)
	default:
		return toValue(plain(v))
	}
}

func toStruct(m map[string]any) *structpb.Struct {
	if len(m) == 0 {
		return nil
	}
	s := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(m))}
	for k, v := range m {
		s.Fields[valid(k)] = toValue(v)
	}
	return s
}

// toProto turns an event whose stacks are resolved into the contract's form.
func (e *Event) toProto() *eventv1.Event {
	id, _ := e.EventID.bytes()
	out := &eventv1.Event{
		EventId:     id[:],
		Timestamp:   timestamppb.New(e.Timestamp),
		Level:       toLevel(e.Level),
		Platform:    valid(e.Platform),
		Logger:      valid(e.Logger),
		Transaction: valid(e.Transaction),
		ServerName:  valid(e.ServerName),
		Release:     valid(e.Release),
		Dist:        valid(e.Dist),
		Environment: valid(e.Environment),
		Tags:        validMap(e.Tags),
		Extra:       toStruct(e.Extra),
		Fingerprint: validList(e.Fingerprint),
		Modules:     validMap(e.Modules),
		Sdk: &eventv1.Sdk{
			Name: valid(e.Sdk.Name), Version: valid(e.Sdk.Version), Integrations: validList(e.Sdk.Integrations),
		},
		Contexts: make(map[string]*structpb.Struct, len(e.Contexts)),
		Request:  e.Request.toProto(),
	}
	if e.Message != "" || e.MessageTemplate != "" {
		out.Message = &eventv1.Message{
			Formatted: valid(e.Message), Template: valid(e.MessageTemplate), Params: validList(e.MessageParams),
		}
	}
	for name, facts := range e.Contexts {
		if s := toStruct(facts); s != nil {
			out.Contexts[valid(name)] = s
		}
	}
	for i := range e.Exception {
		out.Exceptions = append(out.Exceptions, e.Exception[i].toProto())
	}
	for i := range e.Threads {
		out.Threads = append(out.Threads, e.Threads[i].toProto())
	}
	for _, b := range e.Breadcrumbs {
		if b != nil {
			out.Breadcrumbs = append(out.Breadcrumbs, b.toProto())
		}
	}
	if u := e.User; !u.IsEmpty() {
		out.User = &eventv1.User{
			Id: valid(u.ID), Email: valid(u.Email), Username: valid(u.Username),
			Name: valid(u.Name), IpAddress: valid(u.IPAddress), Data: validMap(u.Data),
		}
	}
	if t := e.Trace; !t.IsZero() {
		out.Trace = &eventv1.Trace{TraceId: t.TraceID[:], SpanId: t.SpanID[:]}
		if t.ParentSpanID != [8]byte{} {
			out.Trace.ParentSpanId = t.ParentSpanID[:]
		}
	}
	for _, f := range e.Flags {
		out.Flags = append(out.Flags, &eventv1.Flag{Name: valid(f.Name), Result: valid(f.Result)})
	}
	return out
}

func (x *Exception) toProto() *eventv1.Exception {
	out := &eventv1.Exception{
		Type: valid(x.Type), Value: valid(x.Value), Module: valid(x.Module),
		ThreadId: valid(x.ThreadID), Stacktrace: x.Stacktrace.toProto(),
	}
	if m := x.Mechanism; m != nil {
		out.Mechanism = &eventv1.Mechanism{
			Type: valid(m.Type), Description: valid(m.Description), Handled: m.Handled,
			ExceptionId: int32(m.ExceptionID), IsGroup: m.IsExceptionGroup,
			Source: valid(m.Source), Synthetic: m.Synthetic, Data: toStruct(m.Data),
		}
		if m.ParentID != nil {
			out.Mechanism.ParentId = proto.Int32(int32(*m.ParentID))
		}
	}
	return out
}

func (t *Thread) toProto() *eventv1.Thread {
	return &eventv1.Thread{
		Id: valid(t.ID), Name: valid(t.Name), State: valid(t.State),
		Crashed: t.Crashed, Current: t.Current, Stacktrace: t.Stacktrace.toProto(),
	}
}

func (s *Stacktrace) toProto() *eventv1.Stacktrace {
	if s == nil || len(s.Frames) == 0 {
		return nil
	}
	out := &eventv1.Stacktrace{
		Frames:        make([]*eventv1.Frame, len(s.Frames)),
		FramesOmitted: uint32(max(0, s.FramesOmitted)),
	}
	block := make([]eventv1.Frame, len(s.Frames))
	for i := range s.Frames {
		f, p := &s.Frames[i], &block[i]
		p.Function, p.Module = valid(f.Function), valid(f.Module)
		p.Filename, p.AbsPath = valid(f.Filename), valid(f.AbsPath)
		p.Lineno, p.Colno = uint32(max(0, f.Lineno)), uint32(max(0, f.Colno))
		p.InApp = &f.InApp
		p.PreContext, p.ContextLine, p.PostContext = validList(f.PreContext), valid(f.ContextLine), validList(f.PostContext)
		p.Vars = toStruct(f.Vars)
		out.Frames[i] = p
	}
	return out
}

func (b *Breadcrumb) toProto() *eventv1.Breadcrumb {
	return &eventv1.Breadcrumb{
		Timestamp: timestamppb.New(b.Timestamp), Type: valid(b.Type), Category: valid(b.Category),
		Message: valid(b.Message), Level: toLevel(b.Level), Data: toStruct(b.Data),
	}
}

func (r *Request) toProto() *eventv1.Request {
	if r == nil {
		return nil
	}
	out := &eventv1.Request{
		Url: valid(r.URL), Method: valid(r.Method), QueryString: valid(r.QueryString),
		Cookies: valid(r.Cookies), Body: valid(r.Data), Env: validMap(r.Env),
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		for _, value := range r.Headers[name] {
			out.Headers = append(out.Headers, &eventv1.Header{Name: valid(name), Value: valid(value)})
		}
	}
	return out
}
