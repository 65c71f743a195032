package wire

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"github.com/faultline-dev/faultline/internal/event"
)

// noParent is Mechanism.ParentID of an exception that nothing holds.
const noParent = -1

// FromProto makes the event of a message. Maps become lists in the order of
// their keys, JSON objects become text in that order. It fails only on an event
// id that is neither empty nor 16 bytes; strings are shared with the message.
func FromProto(m *eventv1.Event) (*event.Event, error) {
	e := &event.Event{
		Timestamp: fromTimestamp(m.Timestamp), Level: level(uint64(m.Level)), Platform: m.Platform,
		Logger: m.Logger, Transaction: m.Transaction, ServerName: m.ServerName, Release: m.Release,
		Dist: m.Dist, Environment: m.Environment,
		Message: event.Message{
			Template: m.Message.GetTemplate(), Formatted: m.Message.GetFormatted(), Params: m.Message.GetParams(),
		},
		Exceptions: fromList(m.Exceptions, fromException), Threads: fromList(m.Threads, fromThread),
		Breadcrumbs: fromList(m.Breadcrumbs, fromBreadcrumb), User: fromUser(m.User), Request: fromRequest(m.Request),
		Contexts: fromContexts(m.Contexts), Tags: fromMap(m.Tags), Extra: fromStruct(m.Extra),
		Fingerprint: m.Fingerprint, Modules: fromMap(m.Modules),
		SDK:         event.SDK{Name: m.Sdk.GetName(), Version: m.Sdk.GetVersion(), Integrations: m.Sdk.GetIntegrations()},
		DebugImages: fromList(m.DebugImages, fromDebugImage), Attachments: fromList(m.Attachments, fromAttachment),
		Flags: fromList(m.Flags, fromFlag), Trimmed: m.Trimmed, Scrubbed: m.Scrubbed,
	}
	setTrace(e.Trace.TraceID[:], string(m.Trace.GetTraceId()))
	setTrace(e.Trace.SpanID[:], string(m.Trace.GetSpanId()))
	setTrace(e.Trace.ParentSpanID[:], string(m.Trace.GetParentSpanId()))
	return e, setID(&e.ID, string(m.EventId))
}

// setID stores an id that is empty or 16 bytes.
func setID(id *event.ID, b string) error {
	if b != "" && len(b) != len(id) {
		return fmt.Errorf("%w: event_id has %d bytes, an id has 16", ErrMalformed, len(b))
	}
	*id = event.ID{}
	copy(id[:], b)
	return nil
}

// setTrace stores an id of a trace; one of another length says nothing.
func setTrace(id []byte, b string) {
	clear(id)
	if len(b) == len(id) {
		copy(id, b)
	}
}

// level keeps the levels that have a name.
func level(n uint64) event.Level {
	if int32(n) < 0 || int32(n) > int32(event.LevelFatal) {
		return event.LevelUnknown
	}
	return event.Level(int32(n))
}

// parent keeps numbers that can be an exception's.
func parent(n int32) int {
	if n < 0 {
		return noParent
	}
	return int(n)
}

func fromTimestamp(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func fromList[In, Out any](in []*In, f func(*In) Out) []Out {
	if len(in) == 0 {
		return nil
	}
	out := make([]Out, len(in))
	for i := range in {
		out[i] = f(in[i])
	}
	return out
}

func fromMap(m map[string]string) []event.Tag {
	if len(m) == 0 {
		return nil
	}
	tags := make([]event.Tag, 0, len(m))
	for k, v := range m {
		tags = append(tags, event.Tag{Key: k, Value: v})
	}
	slices.SortFunc(tags, func(a, b event.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return tags
}

func fromException(m *eventv1.Exception) event.Exception {
	return event.Exception{
		Type: m.GetType(), Value: m.GetValue(), Module: m.GetModule(), ThreadID: m.GetThreadId(),
		Stack: fromStacktrace(m.GetStacktrace()), Mechanism: fromMechanism(m.GetMechanism()),
	}
}

func fromMechanism(m *eventv1.Mechanism) event.Mechanism {
	out := event.Mechanism{ParentID: noParent}
	if m == nil {
		return out
	}
	out = event.Mechanism{
		Type: m.Type, ID: int(m.ExceptionId), ParentID: noParent, IsGroup: m.IsGroup, Source: m.Source,
		Synthetic: m.Synthetic, Description: m.Description, Data: fromStruct(m.Data),
	}
	if m.Handled != nil {
		out.Handled = handled(*m.Handled)
	}
	if m.ParentId != nil {
		out.ParentID = parent(*m.ParentId)
	}
	return out
}

func handled(yes bool) event.Handled {
	if yes {
		return event.HandledYes
	}
	return event.HandledNo
}

func inApp(yes bool) event.InApp {
	if yes {
		return event.InAppYes
	}
	return event.InAppNo
}

func fromStacktrace(m *eventv1.Stacktrace) event.Stacktrace {
	return event.Stacktrace{Frames: fromList(m.GetFrames(), fromFrame), Omitted: int(m.GetFramesOmitted())}
}

func fromFrame(m *eventv1.Frame) event.Frame {
	f := event.Frame{
		Function: m.Function, Module: m.Module, Filename: m.Filename, AbsPath: m.AbsPath, Line: m.Lineno,
		Column: m.Colno, PreContext: m.PreContext, ContextLine: m.ContextLine, PostContext: m.PostContext,
		Vars: fromStruct(m.Vars), Package: m.Package, InstructionAddr: m.InstructionAddr, ImageAddr: m.ImageAddr,
		Symbol: m.Symbol, Platform: m.Platform,
	}
	if m.InApp != nil {
		f.InApp = inApp(*m.InApp)
	}
	return f
}

func fromThread(m *eventv1.Thread) event.Thread {
	return event.Thread{
		ID: m.Id, Name: m.Name, Crashed: m.Crashed, Current: m.Current, State: m.State,
		Stack: fromStacktrace(m.Stacktrace),
	}
}

func fromBreadcrumb(m *eventv1.Breadcrumb) event.Breadcrumb {
	return event.Breadcrumb{
		Timestamp: fromTimestamp(m.Timestamp), Type: m.Type, Category: m.Category, Message: m.Message,
		Level: level(uint64(m.Level)), Data: fromStruct(m.Data),
	}
}

func fromUser(m *eventv1.User) event.User {
	if m == nil {
		return event.User{}
	}
	return event.User{
		ID: m.Id, Email: m.Email, Username: m.Username, Name: m.Name, IP: m.IpAddress, Data: fromMap(m.Data),
	}
}

func fromRequest(m *eventv1.Request) event.Request {
	if m == nil {
		return event.Request{}
	}
	return event.Request{
		URL: m.Url, Method: m.Method, Query: m.QueryString, Cookies: m.Cookies, Body: m.Body,
		Headers: fromList(m.Headers, func(h *eventv1.Header) event.Tag {
			return event.Tag{Key: h.Name, Value: h.Value}
		}),
		Env: fromMap(m.Env),
	}
}

func fromContexts(m map[string]*structpb.Struct) []event.Context {
	if len(m) == 0 {
		return nil
	}
	contexts := make([]event.Context, 0, len(m))
	for name, s := range m {
		contexts = append(contexts, event.Context{Name: name, Data: fromStruct(s)})
	}
	slices.SortFunc(contexts, func(a, b event.Context) int { return cmp.Compare(a.Name, b.Name) })
	return contexts
}

func fromDebugImage(m *eventv1.DebugImage) event.DebugImage {
	return event.DebugImage{
		Type: m.Type, DebugID: m.DebugId, CodeID: m.CodeId, CodeFile: m.CodeFile, DebugFile: m.DebugFile,
		ImageAddr: m.ImageAddr, ImageSize: m.ImageSize, Arch: m.Arch,
	}
}

func fromAttachment(m *eventv1.Attachment) event.Attachment {
	return event.Attachment{Filename: m.Filename, ContentType: m.ContentType, Type: m.Type, Size: m.Size}
}

func fromFlag(m *eventv1.Flag) event.Flag {
	return event.Flag{Name: m.Name, Result: m.Result}
}
