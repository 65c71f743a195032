package eventgen

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/group"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func TestTheSameSeedGivesTheSameEvents(t *testing.T) {
	t.Parallel()
	a, b := New(DefaultConfig(start)), New(DefaultConfig(start))
	for n := range uint64(100) {
		if a.Project(n) != b.Project(n) || !bytes.Equal(a.AppendProto(nil, 3, n), b.AppendProto(nil, 3, n)) {
			t.Fatalf("event %d differs", n)
		}
	}
}

func TestEventsAreAsLargeAndAsVariedAsPromised(t *testing.T) {
	t.Parallel()
	g := New(DefaultConfig(start))
	ids, fingerprints, size := map[event.ID]bool{}, map[event.Fingerprint]bool{}, 0
	const events = 20_000
	for n := range uint64(events) {
		project := g.Project(n)
		data := g.AppendProto(nil, project, n)
		size += len(data)
		e := g.Event(project, n)
		frames := 0
		for i := range e.Exceptions {
			frames += len(e.Exceptions[i].Stack.Frames)
		}
		if frames != 20 || len(e.Tags) != 8 || len(e.Breadcrumbs) != 5 || len(e.Contexts) != 4 || e.User.ID == "" || e.Request.IsZero() {
			t.Fatalf("event %d: %d frames, %d tags, %d breadcrumbs", n, frames, len(e.Tags), len(e.Breadcrumbs))
		}
		ids[e.ID], fingerprints[group.Event(e).Fingerprint] = true, true
		if n == 0 {
			compare(t, data, e)
		}
	}
	if len(ids) != events {
		t.Fatalf("%d ids for %d events", len(ids), events)
	}
	if mean := size / events; mean < 2300 || mean > 2800 {
		t.Fatalf("an event has %d bytes", mean)
	}
	if len(fingerprints) < 1200 || len(fingerprints) > 2000 {
		t.Fatalf("%d issues", len(fingerprints))
	}
}

func compare(t *testing.T, data []byte, e *event.Event) {
	t.Helper()
	var m eventv1.Event
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	want, err := wire.FromProto(&m)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(wire.ToProto(want), wire.ToProto(e)) {
		t.Fatal("the decoders disagree")
	}
}

func BenchmarkAppendProto(b *testing.B) {
	g := New(DefaultConfig(start))
	var buf []byte
	for n := uint64(0); b.Loop(); n++ {
		buf = g.AppendProto(buf[:0], int(n%50), n)
	}
	b.SetBytes(int64(len(buf)))
}
