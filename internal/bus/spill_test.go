package bus

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
)

// noise is text that does not compress.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(33 + r.IntN(90))
	}
	return string(b)
}

// these hands events to the spill.
func these(events ...*event.Occurrence) iter.Seq2[*event.Occurrence, error] {
	return func(yield func(*event.Occurrence, error) bool) {
		for _, o := range events {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func TestABlockWithADamagedEventIsNotSpilled(t *testing.T) {
	t.Parallel()
	damage := errors.New("damage")
	_, _, err := encodeBlock("token", func(yield func(*event.Occurrence, error) bool) { yield(occurrence(1, "x"), damage) })
	if !errors.Is(err, damage) {
		t.Errorf("encoded: %v", err)
	}
}

func occurrence(n byte, text string) *event.Occurrence {
	return &event.Occurrence{
		ProjectID: 7, KeyID: "k", ReceivedAt: noon, RetentionDays: 30, Fingerprint: event.Fingerprint{n}, Title: "Error: " + strconv.Itoa(int(n)), Culprit: "main",
		Parts: []event.Part{{Kind: "message", Value: "x", Source: "message"}},
		Event: &event.Event{ID: event.ID{1, n}, Timestamp: noon, Level: event.LevelError, Platform: "go", Message: event.Message{Formatted: text}},
	}
}

type block struct {
	token  string
	events []*event.Occurrence
}

// openSmall opens a bus on a server with the given largest message.
func openSmall(t *testing.T, payload int) (*Bus, *nats.Conn) {
	t.Helper()
	cfg := embedded.DefaultNATSConfig()
	cfg.Data, cfg.MaxPayload, cfg.Logger = t.TempDir(), payload, config().Logger
	n, err := embedded.StartNATS(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Stop() })
	conn := natstest.Connect(t, n)
	b, err := Open(t.Context(), conn, config())
	if err != nil {
		t.Fatal(err)
	}
	return b, conn
}

func TestSpilledBlocksComeBackWholeAndInOrder(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]int{"in one message": 8 << 20, "in pieces": 64 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := openSmall(t, payload)
			var want []block
			for i := range byte(5) {
				events := []*event.Occurrence{occurrence(i, noise(200<<10)), occurrence(i+100, "small")}
				token := "block-" + strconv.Itoa(int(i))
				want = append(want, block{token, events})
				for range 2 {
					if err := b.Spill(t.Context(), token, these(events...)); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, failed := make(chan block, 8), false
			var tried []bool
			run(t, func(ctx context.Context) error {
				return b.DrainSpill(ctx, func(_ context.Context, token string, again bool, events []*event.Occurrence) error {
					tried = append(tried, again)
					if token == "block-2" && !failed {
						failed = true
						return errors.New("ClickHouse is away")
					}
					got <- block{token, events}
					return nil
				})
			})
			for _, w := range want {
				if diff := cmp.Diff(w, next(t, got), cmp.AllowUnexported(block{})); diff != "" {
					t.Fatal(diff)
				}
			}
			until(t, "an empty spill", func() bool {
				messages, _, _, err := b.SpillPending(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return messages == 0
			})
			// The first may have been tried by another process.
			if want := []bool{true, false, false, false, false, false}; !slices.Equal(tried, want) {
				t.Errorf("blocks that may have been tried before: %v, want %v", tried, want)
			}
		})
	}
}

func TestABlockThatWasNotMadeWholeIsNotInserted(t *testing.T) {
	t.Parallel()
	b, _ := openSmall(t, 64<<10)
	data, _, err := encodeBlock("lost", these(occurrence(1, noise(200<<10))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.spillPieces(t.Context(), "lost", data, 60<<10); err != nil {
		t.Fatal(err)
	}
	if err := b.Spill(t.Context(), "whole", these(occurrence(2, noise(200<<10)))); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 8)
	run(t, func(ctx context.Context) error {
		return b.DrainSpill(ctx, func(_ context.Context, token string, _ bool, _ []*event.Occurrence) error { got <- token; return nil })
	})
	if token := next(t, got); token != "whole" {
		t.Fatalf("inserted %s", token)
	}
	until(t, "no pieces left", func() bool { n, _, _, err := b.SpillPending(t.Context()); return err == nil && n == 0 })
}

func TestSpilledBlocksSurviveRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var got []string
	for round := range 4 {
		n := natstest.StartIn(t, dir)
		conn := natstest.Connect(t, n)
		b, err := Open(t.Context(), conn, config())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Spill(t.Context(), strconv.Itoa(round), these(occurrence(1, "x"))); err != nil {
			t.Fatal(err)
		}
		// The first rounds cannot insert, the last one can.
		tokens := make(chan string, 8)
		stop := run(t, func(ctx context.Context) error {
			return b.DrainSpill(ctx, func(_ context.Context, token string, _ bool, _ []*event.Occurrence) error {
				select {
				case tokens <- token:
				default:
				}
				if round < 3 {
					return errors.New("ClickHouse is away")
				}
				return nil
			})
		})
		if round < 3 {
			if first := next(t, tokens); first != "0" {
				t.Fatalf("round %d was offered %s first", round, first)
			}
		} else {
			for range 4 {
				got = append(got, next(t, tokens))
			}
		}
		stop()
		conn.Close()
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestAFullSpillRefusesAndLosesNothing(t *testing.T) {
	t.Parallel()
	_, conn := natstest.Start(t)
	cfg := config()
	cfg.SpillBytes = 1 << 20
	b, err := Open(t.Context(), conn, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for i := range 20 {
		token := strconv.Itoa(i)
		if err := b.Spill(t.Context(), token, these(occurrence(1, noise(200<<10)))); err != nil {
			break
		}
		kept = append(kept, token)
	}
	if len(kept) == 0 || len(kept) == 20 {
		t.Fatalf("%d blocks fit", len(kept))
	}
	got := make(chan string, 32)
	run(t, func(ctx context.Context) error {
		return b.DrainSpill(ctx, func(_ context.Context, token string, _ bool, _ []*event.Occurrence) error { got <- token; return nil })
	})
	for _, want := range kept {
		if token := next(t, got); token != want {
			t.Fatalf("got block %s, want %s", token, want)
		}
	}
}

// TestWhatWaitsIsOwnOrNot has two processes of one name spill, one of them large blocks.
func TestWhatWaitsIsOwnOrNot(t *testing.T) {
	t.Parallel()
	a, b := openTwo(t)
	n := 0
	spill := func(x *Bus, bytes int) {
		t.Helper()
		n++
		if err := x.Spill(t.Context(), strconv.Itoa(n), these(occurrence(byte(n), noise(bytes)))); err != nil {
			t.Fatal(err)
		}
	}
	want := func(x *Bus, when string, want bool) {
		t.Helper()
		if _, _, own, err := x.SpillPending(t.Context()); err != nil || own != want {
			t.Fatalf("%s: %v, %v", when, own, err)
		}
	}
	want(a, "when nothing waits", true)
	spill(a, 100)
	spill(a, 3<<20)
	want(a, "after own blocks", true)
	want(b, "after the other's blocks", false)
	spill(b, 100)
	want(a, "after own and the other's blocks", false)
	want(b, "after the other's and own blocks", false)
	spill(b, 3<<20)
	got := make(chan string, 8)
	one := make(chan struct{}, 8)
	run(t, func(ctx context.Context) error {
		return b.DrainSpill(ctx, func(ctx context.Context, token string, _ bool, _ []*event.Occurrence) error {
			got <- token
			select {
			case <-one:
			case <-ctx.Done():
			}
			return nil
		})
	})
	for range 2 {
		next(t, got)
		one <- struct{}{}
	}
	next(t, got) // the other's have left
	want(b, "when only own blocks are left", true)
	want(a, "when only the other's blocks are left", false)
	one <- struct{}{}
	one <- struct{}{}
	until(t, "nothing waits", func() bool { n, _, own, err := a.SpillPending(t.Context()); return err == nil && n == 0 && own })
}

func TestTwoDrainersShareOneSpillInOrder(t *testing.T) {
	t.Parallel()
	a, b := openTwo(t)
	got := make(chan int, 64)
	for _, x := range []*Bus{a, b} {
		run(t, func(ctx context.Context) error {
			return x.DrainSpill(ctx, func(_ context.Context, token string, _ bool, _ []*event.Occurrence) error {
				n, err := strconv.Atoi(token)
				got <- n
				return err
			})
		})
	}
	for i := range 20 {
		if err := a.Spill(t.Context(), strconv.Itoa(i), these(occurrence(1, "x"))); err != nil {
			t.Fatal(err)
		}
	}
	var order []int
	for range 20 {
		order = append(order, next(t, got))
	}
	if !slices.IsSorted(order) {
		t.Fatalf("inserted in the order %v", order)
	}
}

func FuzzDecodeBlock(f *testing.F) {
	good, _, err := encodeBlock("token", these(occurrence(1, "text")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("no block"))
	f.Fuzz(func(t *testing.T, data []byte) {
		token, events, err := decodeBlock(data)
		if err == nil && (token == "" || len(events) == 0) {
			t.Fatal("an empty block was read")
		}
	})
}

func BenchmarkSpill(b *testing.B) {
	_, conn := natstest.Start(b)
	bus, err := Open(context.Background(), conn, config())
	if err != nil {
		b.Fatal(err)
	}
	events := make([]*event.Occurrence, 1000)
	for i := range events {
		events[i] = occurrence(byte(i), noise(500))
	}
	for i := 0; b.Loop(); i++ {
		if err := bus.Spill(context.Background(), strconv.Itoa(i)+time.Now().String(), these(events...)); err != nil {
			b.Fatal(err)
		}
	}
}
