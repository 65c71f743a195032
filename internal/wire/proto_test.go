package wire

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestProtoRoundTripLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := genEvent(t)
		got, err := FromProto(ToProto(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEventIDHas16BytesOrNone(t *testing.T) {
	t.Parallel()
	f := func(id string, ok bool) {
		t.Helper()
		m := ToProto(&event.Event{})
		m.EventId = []byte(id)
		if _, err := FromProto(m); (err == nil) != ok {
			t.Fatalf("id of %d bytes: %v", len(id), err)
		}
	}
	f("short", false)
	f("seventeen bytes..", false)
	f("", true)
	f("sixteen bytes...", true)
}

func TestObjectsAreWrittenAndReadBack(t *testing.T) {
	t.Parallel()
	f := func(in, want event.Object) {
		t.Helper()
		got := fromStruct(toStruct(in))
		if got != want {
			t.Fatalf("%s became %s, want %s", in, got, want)
		}
		if again := fromStruct(toStruct(got)); again != got {
			t.Fatalf("%s became %s the second time", got, again)
		}
	}
	f(``, ``)
	f(`{}`, ``)
	f(`not an object`, `{"text":"not an object"}`)
	f(`[1]`, `{"text":"[1]"}`)
	f(`{"b":1,"a":{"d":[1,"x",null,true,{}],"c":-0.5}}`, `{"a":{"c":-0.5,"d":[1,"x",null,true,{}]},"b":1}`)
	f(`{"a":1,"a":2}`, `{"a":2}`)
	f(`{"a":9007199254740993}`, `{"a":"9007199254740993"}`)
	f(`{"a":9007199254740991,"b":-9007199254740991}`, `{"a":9007199254740991,"b":-9007199254740991}`)
	f(`{"a":1e20,"b":1e-9,"c":1e999}`, `{"a":1e+20,"b":1e-09,"c":"1e999"}`)
	f(`{"q":"\"\\\n\r\t\u0001ü\ud83d\ude00"}`, `{"q":"\"\\\n\r\t\u0001ü😀"}`)
	f("{\"bad\":\"a\xffb\"}", "{\"bad\":\"a\ufffdb\"}")
}

func TestNumbersThatJSONLacksBecomeText(t *testing.T) {
	t.Parallel()
	f := func(n float64, want string) {
		t.Helper()
		if got := string(appendValue(nil, structpb.NewNumberValue(n))); got != want {
			t.Fatalf("%v became %s, want %s", n, got, want)
		}
	}
	f(math.NaN(), `"NaN"`)
	f(math.Inf(1), `"Infinity"`)
	f(math.Inf(-1), `"-Infinity"`)
	f(math.Copysign(0, -1), `-0`)
	f(0, `0`)
	f(1<<53, `9.007199254740992e+15`)
}

// genEvent draws an event in the form that FromProto gives.
func genEvent(t *rapid.T) *event.Event {
	text := rapid.OneOf(rapid.Just(""), rapid.StringN(0, 12, -1))
	texts := nonEmpty(rapid.SliceOfN(text, 0, 3))
	object := rapid.Custom(genObject)
	e := &event.Event{
		Timestamp: genTime(t), Level: event.Level(rapid.IntRange(0, 5).Draw(t, "level")),
		Platform: text.Draw(t, "platform"), Logger: text.Draw(t, "logger"), Transaction: text.Draw(t, "transaction"),
		ServerName: text.Draw(t, "server"), Release: text.Draw(t, "release"), Dist: text.Draw(t, "dist"),
		Environment: text.Draw(t, "environment"),
		Message: event.Message{
			Template: text.Draw(t, "template"), Formatted: text.Draw(t, "formatted"), Params: texts(t),
		},
		Tags: genTags(t), Modules: genTags(t), Extra: object.Draw(t, "extra"), Fingerprint: texts(t),
		SDK: event.SDK{Name: text.Draw(t, "sdk"), Version: text.Draw(t, "version"), Integrations: texts(t)},
		User: event.User{
			ID: text.Draw(t, "id"), Email: text.Draw(t, "email"), Username: text.Draw(t, "username"),
			Name: text.Draw(t, "name"), IP: text.Draw(t, "ip"), Data: genTags(t),
		},
		Request: event.Request{
			URL: text.Draw(t, "url"), Method: text.Draw(t, "method"), Query: text.Draw(t, "query"),
			Headers: genTags(t), Cookies: text.Draw(t, "cookies"), Body: text.Draw(t, "body"), Env: genTags(t),
		},
		Trimmed: texts(t), Scrubbed: texts(t),
	}
	if rapid.Bool().Draw(t, "has id") {
		copy(e.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		copy(e.Trace.TraceID[:], e.ID[:])
		copy(e.Trace.SpanID[:], e.ID[4:])
	}
	for _, c := range genTags(t) {
		e.Contexts = append(e.Contexts, event.Context{Name: c.Key, Data: object.Draw(t, "context")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "exceptions") {
		e.Exceptions = append(e.Exceptions, event.Exception{
			Type: text.Draw(t, "type"), Value: text.Draw(t, "value"), Module: text.Draw(t, "module"),
			ThreadID: text.Draw(t, "thread"), Stack: genStack(t, text, texts, object),
			Mechanism: event.Mechanism{
				Type: text.Draw(t, "mechanism"), Handled: event.Handled(rapid.IntRange(0, 2).Draw(t, "handled")),
				ID: rapid.IntRange(0, 5).Draw(t, "number"), ParentID: rapid.IntRange(-1, 5).Draw(t, "parent"),
				IsGroup: rapid.Bool().Draw(t, "group"), Source: text.Draw(t, "source"),
				Synthetic: rapid.Bool().Draw(t, "synthetic"), Description: text.Draw(t, "description"),
				Data: object.Draw(t, "data"),
			},
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "threads") {
		e.Threads = append(e.Threads, event.Thread{
			ID: text.Draw(t, "id"), Name: text.Draw(t, "name"), Crashed: rapid.Bool().Draw(t, "crashed"),
			Current: rapid.Bool().Draw(t, "current"), State: text.Draw(t, "state"), Stack: genStack(t, text, texts, object),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "breadcrumbs") {
		e.Breadcrumbs = append(e.Breadcrumbs, event.Breadcrumb{
			Timestamp: genTime(t), Type: text.Draw(t, "type"), Category: text.Draw(t, "category"),
			Message: text.Draw(t, "message"), Level: event.Level(rapid.IntRange(0, 5).Draw(t, "level")),
			Data: object.Draw(t, "data"),
		})
	}
	for range rapid.IntRange(0, 1).Draw(t, "others") {
		n := rapid.Uint64().Draw(t, "n")
		e.DebugImages = append(e.DebugImages, event.DebugImage{
			Type: text.Draw(t, "type"), DebugID: text.Draw(t, "debug"), CodeID: text.Draw(t, "code"),
			CodeFile: text.Draw(t, "file"), DebugFile: text.Draw(t, "file"), ImageAddr: n, ImageSize: n >> 3,
			Arch: text.Draw(t, "arch"),
		})
		e.Attachments = append(e.Attachments, event.Attachment{
			Filename: text.Draw(t, "file"), ContentType: text.Draw(t, "mime"), Type: text.Draw(t, "type"), Size: n,
		})
		e.Flags = append(e.Flags, event.Flag{Name: text.Draw(t, "flag"), Result: text.Draw(t, "result")})
	}
	return e
}

// nonEmpty draws a list, nil if it has no element.
func nonEmpty(g *rapid.Generator[[]string]) func(*rapid.T) []string {
	return func(t *rapid.T) []string {
		if s := g.Draw(t, "texts"); len(s) > 0 {
			return s
		}
		return nil
	}
}

func genTime(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "no time") {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).UTC()
}

func genTags(t *rapid.T) []event.Tag {
	return fromMap(rapid.MapOfN(rapid.StringN(0, 5, -1), rapid.StringN(0, 5, -1), 0, 4).Draw(t, "tags"))
}

func genStack(t *rapid.T, text *rapid.Generator[string], texts func(*rapid.T) []string, object *rapid.Generator[event.Object]) event.Stacktrace {
	s := event.Stacktrace{Omitted: rapid.IntRange(0, 1000).Draw(t, "omitted")}
	for range rapid.IntRange(0, 3).Draw(t, "frames") {
		s.Frames = append(s.Frames, event.Frame{
			Function: text.Draw(t, "function"), Module: text.Draw(t, "module"), Filename: text.Draw(t, "file"),
			AbsPath: text.Draw(t, "path"), Line: rapid.Uint32().Draw(t, "line"), Column: rapid.Uint32().Draw(t, "column"),
			InApp: event.InApp(rapid.IntRange(0, 2).Draw(t, "in app")), PreContext: texts(t),
			ContextLine: text.Draw(t, "line"), PostContext: texts(t), Vars: object.Draw(t, "vars"),
			Package: text.Draw(t, "package"), InstructionAddr: rapid.Uint64().Draw(t, "addr"),
			ImageAddr: rapid.Uint64().Draw(t, "image"), Symbol: text.Draw(t, "symbol"), Platform: text.Draw(t, "platform"),
		})
	}
	return s
}

func genObject(t *rapid.T) event.Object {
	fields := map[string]*structpb.Value{}
	for name := range rapid.MapOfN(rapid.StringN(0, 5, -1), rapid.Bool(), 0, 3).Draw(t, "names") {
		fields[name] = genValue(t, 3)
	}
	return fromStruct(&structpb.Struct{Fields: fields})
}

func genValue(t *rapid.T, depth int) *structpb.Value {
	kinds := 3
	if depth > 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return structpb.NewNullValue()
	case 1:
		return structpb.NewNumberValue(rapid.Float64().Draw(t, "number"))
	case 2:
		return structpb.NewStringValue(rapid.StringN(0, 8, -1).Draw(t, "text"))
	case 3:
		return structpb.NewBoolValue(rapid.Bool().Draw(t, "bool"))
	case 4:
		s := &structpb.Struct{Fields: map[string]*structpb.Value{}}
		for name := range rapid.MapOfN(rapid.StringN(0, 5, -1), rapid.Bool(), 0, 3).Draw(t, "names") {
			s.Fields[name] = genValue(t, depth-1)
		}
		return structpb.NewStructValue(s)
	}
	l := &structpb.ListValue{}
	for range rapid.IntRange(0, 3).Draw(t, "length") {
		l.Values = append(l.Values, genValue(t, depth-1))
	}
	return structpb.NewListValue(l)
}
