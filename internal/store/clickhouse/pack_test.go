package clickhouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestAnUnknownFieldIsSkipped(t *testing.T) {
	t.Parallel()
	var p packer
	p.field(9999, func(p *packer) { p.text("from a newer version") })
	packRest(&p, &event.Event{Trimmed: []string{"a"}})
	var e event.Event
	if err := unpackRest(string(p.b), &e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(event.Event{Trimmed: []string{"a"}}, e); diff != "" {
		t.Error(diff)
	}
}

func TestNothingTakesNoRoom(t *testing.T) {
	t.Parallel()
	var p packer
	packRest(&p, &event.Event{})
	packException(&p, 1, &event.Exception{Mechanism: event.Mechanism{ID: 1, ParentID: 0}})
	if len(p.b) != 0 {
		t.Errorf("%d bytes for nothing", len(p.b))
	}
}

func FuzzUnpackRest(f *testing.F) {
	var p packer
	packRest(&p, fullEvent().Event)
	f.Add(string(p.b))
	f.Fuzz(func(t *testing.T, text string) {
		var e, again event.Event
		if unpackRest(text, &e) != nil {
			return
		}
		var p packer
		packRest(&p, &e)
		if err := unpackRest(string(p.b), &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzUnpackException(f *testing.F) {
	var p packer
	packException(&p, 0, &fullEvent().Event.Exceptions[0])
	f.Add(string(p.b))
	f.Fuzz(func(t *testing.T, text string) {
		var x event.Exception
		_ = unpackException(text, 0, &x)
	})
}

func FuzzSplitSource(f *testing.F) {
	f.Add(string(appendSource(nil, &fullEvent().Event.Exceptions[0].Stack.Frames[1])))
	f.Fuzz(func(t *testing.T, text string) {
		var frame, again event.Frame
		if splitSource(text, &frame) != nil {
			return
		}
		if err := splitSource(string(appendSource(nil, &frame)), &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(frame, again); diff != "" {
			t.Error(diff)
		}
	})
}
