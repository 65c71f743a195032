package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// unlimited takes everything that the generated code takes.
var unlimited = Limits{EventBytes: 1 << 30, BatchEvents: 1 << 20, Depth: 1 << 20, Growth: 1 << 20}

func TestDecoderAgreesWithGeneratedCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := genEvent(t)
		data, err := proto.Marshal(ToProto(want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := NewDecoder(DefaultLimits()).Event(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestDecoderReadsRequests(t *testing.T) {
	t.Parallel()
	first, second := &event.Event{ID: event.NewID(), Platform: "go"}, &event.Event{ID: event.NewID(), Platform: "python"}
	data := marshal(t, &ingestv1.StreamRequest{ProjectId: 7, Batch: &ingestv1.Batch{
		Id: 3, Attempt: 2, Events: []*eventv1.Event{ToProto(first), ToProto(second)},
		Drops: []*ingestv1.ClientDrop{{Reason: "before_send", Count: 5}},
	}})
	got, err := NewDecoder(DefaultLimits()).Request(data)
	if err != nil {
		t.Fatal(err)
	}
	want := Batch{
		ProjectID: 7, Present: true, ID: 3, Attempt: 2, Events: []*event.Event{first, second},
		Drops: []Drop{{Reason: "before_send", Count: 5}},
	}
	if diff := cmp.Diff(want, got, withoutMemory); diff != "" {
		t.Fatal(diff)
	}
}

var withoutMemory = cmpopts.IgnoreFields(Batch{}, "Memory")

// A batch that is read into memory which was freed holds nothing of those before it.
func TestFreedMemoryIsAsGoodAsNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := NewDecoder(unlimited)
		for range rapid.IntRange(2, 6).Draw(t, "batches") {
			want := rapid.SliceOfN(rapid.Custom(genEvent), 1, 5).Draw(t, "events")
			in := &ingestv1.StreamRequest{Batch: &ingestv1.Batch{}}
			for _, e := range want {
				in.Batch.Events = append(in.Batch.Events, ToProto(e))
			}
			data, err := proto.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Request(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Events); diff != "" {
				t.Fatal(diff)
			}
			got.Memory.Free()
		}
	})
}

func TestOneBadEventIsRefusedAlone(t *testing.T) {
	t.Parallel()
	good := marshal(t, ToProto(&event.Event{Platform: "go"}))
	id := event.NewID()
	deep := &eventv1.Event{EventId: id[:], Extra: nested(70)}
	f := func(bad []byte, reason outcome.Reason, is error) {
		t.Helper()
		limits := DefaultLimits()
		limits.EventBytes = 4 << 10
		b, err := NewDecoder(limits).Request(request(good, bad, good))
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Events) != 2 || len(b.Refused) != 1 {
			t.Fatalf("%d events, %d refused", len(b.Events), len(b.Refused))
		}
		if r := b.Refused[0]; r.Index != 1 || r.Reason != reason || !errors.Is(r.Err, is) {
			t.Fatalf("refused %+v", r)
		}
	}
	f([]byte{0x0a, 0x05, 1}, outcome.Malformed, ErrMalformed)
	f([]byte{0x0a, 0x03, 1, 2, 3}, outcome.Malformed, ErrMalformed)
	f([]byte{0x62, 0x02, 0x0a, 0x05}, outcome.Malformed, ErrMalformed)
	f(marshal(t, deep), outcome.Malformed, ErrDepth)
	f(marshal(t, &eventv1.Event{Logger: strings.Repeat("x", 4<<10)}), outcome.EventSize, ErrEventBytes)
	f(manyFrames(1900), outcome.EventSize, ErrGrowth)
}

func TestEventsBeyondTheBatchLimitAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	limits := DefaultLimits()
	limits.BatchEvents = 2
	good := marshal(t, ToProto(&event.Event{Platform: "go"}))
	b, err := NewDecoder(limits).Request(request(good, good, good, good))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Events) != 2 || len(b.Refused) != 2 || b.Refused[1].Index != 3 || b.Refused[1].Reason != outcome.BatchEvents {
		t.Fatalf("%d events, refused %+v", len(b.Events), b.Refused)
	}
}

func TestBrokenFramingRefusesTheBatchButKeepsItsID(t *testing.T) {
	t.Parallel()
	body := []byte{0x08, 42}
	body = append(body, 0x1a, 0x00)       // an empty event
	body = append(body, 0x1a, 0x7f, 1, 2) // one that claims more than there is
	b, err := NewDecoder(DefaultLimits()).Request(append([]byte{0x12, byte(len(body))}, body...))
	if !errors.Is(err, ErrMalformed) {
		t.Fatal(err)
	}
	if b.ID != 42 || len(b.Events) != 0 || len(b.Refused) != 1 {
		t.Fatalf("%+v", b)
	}
}

// request frames events as a StreamRequest.
func request(events ...[]byte) []byte {
	var batch []byte
	for _, e := range events {
		batch = protowire.AppendTag(batch, 3, protowire.BytesType)
		batch = protowire.AppendBytes(batch, e)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), batch)
}

// manyFrames is an event with a stack of empty frames.
func manyFrames(n int) []byte {
	stack := bytes.Repeat([]byte{0x0a, 0x00}, n)
	exception := protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), stack)
	return protowire.AppendBytes(protowire.AppendTag(nil, 12, protowire.BytesType), exception)
}

func nested(depth int) *structpb.Struct {
	v := structpb.NewStringValue("bottom")
	for range depth {
		v = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{v}})
	}
	return &structpb.Struct{Fields: map[string]*structpb.Value{"x": v}}
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzEvent holds the decoder against the generated code: what that accepts gives
// the same event, which owns all its memory. Text that is not UTF-8 and messages that are superseded before
// anybody reads them are where the decoder is more lenient.
func FuzzEvent(f *testing.F) {
	for i := range 8 {
		f.Add(marshal(f, ToProto(rapid.Custom(genEvent).Example(i))))
	}
	f.Add(manyFrames(3))
	f.Add(marshal(f, &eventv1.Event{Extra: nested(5)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		borrowed := bytes.Clone(data)
		got, err := NewDecoder(unlimited).Event(borrowed)
		clear(borrowed)
		var m eventv1.Event
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		want, wantErr := FromProto(&m)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("decoder: %v, generated code: %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzRequest must not crash, and must account for every event the generated code sees.
func FuzzRequest(f *testing.F) {
	good := marshal(f, ToProto(rapid.Custom(genEvent).Example(1)))
	f.Add(request(good, manyFrames(2000), good))
	f.Add(request([]byte{0xff}))
	f.Add([]byte{0x12, 0x02, 0x08, 0x01, 0x12, 0x02, 0x1a, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := NewDecoder(DefaultLimits()).Request(bytes.Clone(data))
		var m ingestv1.StreamRequest
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		if err != nil {
			t.Fatalf("generated code takes it: %v", err)
		}
		if b.Total() != len(m.GetBatch().GetEvents()) || b.ID != m.GetBatch().GetId() || b.Present != (m.Batch != nil) {
			t.Fatalf("%+v is not %v", b, &m)
		}
	})
}
