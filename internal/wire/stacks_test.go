package wire_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/wire"
)

// keepAll shares every stack as it was decoded.
func keepAll(string, *event.Stacktrace) bool { return true }

// unshared is a copy of an event that does not say what is shared.
func unshared(e *event.Event) *event.Event {
	c := *e
	c.Exceptions = append([]event.Exception(nil), e.Exceptions...)
	for i := range c.Exceptions {
		c.Exceptions[i].Stack.Shared = 0
	}
	c.Threads = append([]event.Thread(nil), e.Threads...)
	for i := range c.Threads {
		c.Threads[i].Stack.Shared = 0
	}
	return &c
}

func TestSharingChangesNoEvent(t *testing.T) {
	t.Parallel()
	g := eventgen.New(eventgen.DefaultConfig(time.Unix(1_800_000_000, 0)))
	for _, budget := range []int{1, 64 << 10, 32 << 20} {
		stacks := wire.NewStacks(budget, keepAll)
		own, sharing := wire.NewDecoder(wire.DefaultLimits()), wire.NewSharingDecoder(wire.DefaultLimits(), stacks)
		for n := range uint64(5000) {
			data := g.AppendProto(nil, int(n%3), n)
			want, err := own.Event(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := sharing.Event(data)
			if err != nil {
				t.Fatal(err)
			}
			if want, got := unshared(want), unshared(got); !reflect.DeepEqual(want, got) {
				d := cmp.Diff(want, got)
				t.Fatalf("event %d with %d bytes of stacks:\n%s", n, budget, d)
			}
		}
		stats := stacks.Stats()
		if stats.Shared+stats.Own != 10_000 {
			t.Fatalf("%+v do not add up to two stacks of 5000 events", stats)
		}
		if budget == 32<<20 && stats.Shared < 8000 {
			t.Fatalf("with room for all only %d were shared", stats.Shared)
		}
	}
}

func TestEqualStacksAreSharedFromTheThirdTimeOn(t *testing.T) {
	t.Parallel()
	data := eventOf(t, "go")
	d := wire.NewSharingDecoder(wire.DefaultLimits(), wire.NewStacks(1<<20, keepAll))
	var numbers []uint64
	for range 4 {
		numbers = append(numbers, decoded(t, d, data).Exceptions[0].Stack.Shared)
	}
	if numbers[0] != 0 || numbers[1] != 0 || numbers[2] == 0 || numbers[3] != numbers[2] {
		t.Fatalf("shared numbers are %v", numbers)
	}
	if other := decoded(t, d, eventOf(t, "python")); other.Exceptions[0].Stack.Shared != 0 {
		t.Fatal("a stack is shared between platforms")
	}
}

func TestManyDecodersShareAtOnce(t *testing.T) {
	t.Parallel()
	g := eventgen.New(eventgen.DefaultConfig(time.Unix(1_800_000_000, 0)))
	stacks := wire.NewStacks(256<<10, keepAll)
	var all sync.WaitGroup
	for w := range uint64(8) {
		all.Go(func() {
			d, own := wire.NewSharingDecoder(wire.DefaultLimits(), stacks), wire.NewDecoder(wire.DefaultLimits())
			for n := range uint64(300) {
				data := g.AppendProto(nil, 1, n+w)
				want, err := own.Event(data)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := d.Event(data)
				if err != nil || !reflect.DeepEqual(unshared(want), unshared(got)) {
					t.Errorf("event %d is another where many decode: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestAStackThatMayNotBeSharedIsNot(t *testing.T) {
	t.Parallel()
	calls := 0
	d := wire.NewSharingDecoder(wire.DefaultLimits(), wire.NewStacks(1<<20, func(string, *event.Stacktrace) bool { calls++; return false }))
	for range 5 {
		if e := decoded(t, d, eventOf(t, "go")); e.Exceptions[0].Stack.Shared != 0 || len(e.Exceptions[0].Stack.Frames) != 1 {
			t.Fatalf("%+v", e.Exceptions[0].Stack)
		}
	}
	if calls != 1 {
		t.Fatalf("prepared %d times", calls)
	}
}

func TestAPlatformThatComesTwiceIsTheLastOne(t *testing.T) {
	t.Parallel()
	d := wire.NewSharingDecoder(wire.DefaultLimits(), wire.NewStacks(1<<20, func(platform string, s *event.Stacktrace) bool {
		s.Frames[0].Module = platform
		return true
	}))
	data := append(eventOf(t, "go"), marshal(t, &eventv1.Event{Platform: "python"})...)
	for range 4 {
		e := decoded(t, d, data)
		if e.Platform != "python" || e.Exceptions[0].Stack.Frames[0].Module != "" {
			t.Fatalf("%s has the frames of %q", e.Platform, e.Exceptions[0].Stack.Frames[0].Module)
		}
	}
}

func FuzzSharing(f *testing.F) {
	g := eventgen.New(eventgen.DefaultConfig(time.Unix(1_800_000_000, 0)))
	f.Add(g.AppendProto(nil, 1, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := wire.NewSharingDecoder(wire.DefaultLimits(), wire.NewStacks(1<<20, keepAll))
		want, errWant := wire.NewDecoder(wire.DefaultLimits()).Event(data)
		for range 3 {
			got, err := d.Event(data)
			if (err == nil) != (errWant == nil) && !(errWant != nil && strings.Contains(errWant.Error(), wire.ErrGrowth.Error())) {
				t.Fatalf("sharing gives %v, not %v", err, errWant)
			}
			if err != nil || errWant != nil {
				return
			}
			if d := cmp.Diff(unshared(want), unshared(got)); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func eventOf(t *testing.T, platform string) []byte {
	return marshal(t, &eventv1.Event{Platform: platform, Exceptions: []*eventv1.Exception{{
		Type: "E", Stacktrace: &eventv1.Stacktrace{Frames: []*eventv1.Frame{{Function: "f"}}},
	}}})
}

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoded(t *testing.T, d *wire.Decoder, data []byte) *event.Event {
	t.Helper()
	e, err := d.Event(data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
