package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

func TestObservationsArriveWhole(t *testing.T) {
	t.Parallel()
	b := open(t)
	got := make(chan Observed, 8)
	run(t, func(ctx context.Context) error {
		return b.ConsumeIssues(ctx, func(_ context.Context, o Observed) error { got <- o; return nil })
	})
	if err := b.FirstSeen(t.Context(), []event.Summary{summary(1)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Observed{summary(1), true}, next(t, got)); diff != "" {
		t.Fatal(diff)
	}
	if err := b.Hit(t.Context(), []event.Summary{summary(2)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Observed{summary(2), false}, next(t, got)); diff != "" {
		t.Fatal(diff)
	}
}

func TestChangesAndCriticalEventsArriveWhole(t *testing.T) {
	t.Parallel()
	b := open(t)
	changes, criticals := make(chan Changed, 8), make(chan Critical, 8)
	run(t, func(ctx context.Context) error {
		return b.ConsumeChanges(ctx, func(_ context.Context, c Changed) error { changes <- c; return nil })
	})
	run(t, func(ctx context.Context) error {
		return b.ConsumeCritical(ctx, func(_ context.Context, c Critical) error { criticals <- c; return nil })
	})
	s := summary(1)
	record := issue.Record{ID: issue.ID{ProjectID: 7, Fingerprint: s.Fingerprint}, Version: 3, State: issue.State{Status: issue.Unresolved, Reason: issue.ReasonRegressed}}
	if err := b.IssueChanged(t.Context(), issue.Change{Record: record, From: issue.Resolved, Time: noon}, "WEB-42", &s); err != nil {
		t.Fatal(err)
	}
	want := Changed{
		Project: 7, Fingerprint: s.Fingerprint, ShortID: "WEB-42", From: issue.Resolved, To: issue.Unresolved,
		Reason: issue.ReasonRegressed, Version: 3, Time: noon, Event: &s,
	}
	if diff := cmp.Diff(want, next(t, changes)); diff != "" {
		t.Fatal(diff)
	}
	if err := b.Critical(t.Context(), s, []string{"r1", "r2"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Critical{s, []string{"r1", "r2"}}, next(t, criticals)); diff != "" {
		t.Fatal(diff)
	}
}

func TestARepeatedPublishIsDropped(t *testing.T) {
	t.Parallel()
	b := open(t)
	for range 3 {
		if err := b.FirstSeen(t.Context(), []event.Summary{summary(1), summary(2)}); err != nil {
			t.Fatal(err)
		}
		if err := b.Notify(t.Context(), Notification{DeliveryID: "d", Channel: "email"}, 1); err != nil {
			t.Fatal(err)
		}
	}
	f := func(stream string, want uint64) {
		t.Helper()
		s, err := b.js.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CachedInfo().State.Msgs; got != want {
			t.Fatalf("%s holds %d messages, want %d", stream, got, want)
		}
	}
	f(streamIssues, 2)
	f(streamNotify, 1)
}

func TestOfManyEventsTheOneThatSaysMostIsTold(t *testing.T) {
	t.Parallel()
	at := func(id byte, release string, minutes int) event.Summary {
		return event.Summary{EventID: event.ID{id}, Release: release, Timestamp: noon.Add(time.Duration(minutes) * time.Minute)}
	}
	b := open(t)
	var mu sync.Mutex
	var got []string
	run(t, func(ctx context.Context) error {
		return b.ConsumeIssues(ctx, func(_ context.Context, o Observed) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(o.First, o.Event.EventID[0]))
			return nil
		})
	})
	all := []event.Summary{at(1, "1.0", 3), at(2, "1.0", 1), at(3, "2.0", 2), at(4, "1.0", 5)}
	if err := b.FirstSeen(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if err := b.Hit(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	until(t, "three messages", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == 3 })
	slices.Sort(got)
	if diff := cmp.Diff([]string{"false 3", "false 4", "true 2"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestCriticalEventsOfOneIssueAreDamped(t *testing.T) {
	t.Parallel()
	var d damper
	d.every = time.Second
	f := func(fingerprint byte, rules string, after time.Duration, want bool) {
		t.Helper()
		if _, told := d.reserve(1, event.Fingerprint{fingerprint}, []string{rules}, noon.Add(after)); told != want {
			t.Errorf("issue %d, rules %s, after %v: told before is %v", fingerprint, rules, after, told)
		}
	}
	f(1, "a", 0, false)
	f(1, "a", 999*time.Millisecond, true)
	f(1, "b", 999*time.Millisecond, false)
	f(2, "a", 999*time.Millisecond, false)
	f(1, "a", time.Second, false)
	f(1, "a", 1999*time.Millisecond, true)

	release, _ := d.reserve(1, event.Fingerprint{9}, nil, noon)
	release()
	if _, told := d.reserve(1, event.Fingerprint{9}, nil, noon); told {
		t.Error("a message that could not be published counts as told")
	}
	for i := range 2 * damperSize {
		d.reserve(uint32(i), event.Fingerprint{}, nil, noon)
	}
	if len(d.last) > damperSize {
		t.Errorf("a damper remembers %d issues", len(d.last))
	}
}

func TestAFailedMessageComesAgainAndThenBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	b := open(t)
	var mu sync.Mutex
	tries := map[byte]int{}
	run(t, func(ctx context.Context) error {
		return b.ConsumeIssues(ctx, func(_ context.Context, o Observed) error {
			mu.Lock()
			defer mu.Unlock()
			n := o.Event.EventID[1]
			tries[n]++
			switch {
			case n == 1 && tries[n] < 3:
				return errors.New("not today")
			case n == 2:
				return errors.New("never")
			case n == 3:
				panic("poison")
			case n == 4 && tries[n] < 3:
				return Later{time.Millisecond, "the issue has no name yet"}
			}
			return nil
		})
	})
	if err := b.FirstSeen(t.Context(), []event.Summary{summary(1), summary(2), summary(3), summary(4)}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.js.Publish(t.Context(), "issue.hit.7", []byte("no protobuf")); err != nil {
		t.Fatal(err)
	}
	var dead []DeadLetter
	until(t, "three dead letters", func() bool {
		var err error
		if dead, err = b.DeadLetters(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		return len(dead) == 3
	})
	var causes []string
	for _, d := range dead {
		causes = append(causes, fmt.Sprint(d.Subject, " ", d.Deliveries, " ", d.Error[:min(24, len(d.Error))]))
	}
	slices.Sort(causes)
	for i, want := range []string{"issue.first_seen.7 4 handler panicked: poison", "issue.first_seen.7 4 never", "issue.hit.7 1 proto:"} {
		if !strings.HasPrefix(causes[i], want) {
			t.Errorf("got %q, want %q", causes[i], want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if tries[1] != 3 || tries[4] != 3 {
		t.Errorf("tried %v", tries)
	}
}

func TestMessagesAboutOneIssueKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	var mu sync.Mutex
	seen := map[event.Fingerprint][]byte{}
	count := 0
	run(t, func(ctx context.Context) error {
		return b.ConsumeIssues(ctx, func(_ context.Context, o Observed) error {
			mu.Lock()
			defer mu.Unlock()
			seen[o.Event.Fingerprint] = append(seen[o.Event.Fingerprint], o.Event.EventID[0])
			count++
			return nil
		})
	})
	for i := range byte(100) {
		s := event.Summary{EventID: event.ID{i}, Fingerprint: event.Fingerprint{i % 5}, Timestamp: noon}
		if err := b.Hit(t.Context(), []event.Summary{s}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all messages", func() bool { mu.Lock(); defer mu.Unlock(); return count == 100 })
	for f, ids := range seen {
		if !slices.IsSorted(ids) {
			t.Errorf("issue %d came in the order %v", f[0], ids)
		}
	}
}

func TestMessagesSurviveRestartsOfEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var mu sync.Mutex
	handled := map[byte]bool{}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(handled) }
	for round := range byte(4) {
		n := natstest.StartIn(t, dir)
		conn := natstest.Connect(t, n)
		cfg := config()
		cfg.MaxDeliver = 1000
		b, err := Open(t.Context(), conn, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.FirstSeen(t.Context(), []event.Summary{summary(2 * round), summary(2*round + 1)}); err != nil {
			t.Fatal(err)
		}
		enough := 8
		if round < 3 {
			enough = int(round) + 1 // a process that ends with work left
		}
		stop := run(t, func(ctx context.Context) error {
			return b.ConsumeIssues(ctx, func(_ context.Context, o Observed) error {
				mu.Lock()
				defer mu.Unlock()
				if len(handled) >= enough {
					return errors.New("no more in this process")
				}
				handled[o.Event.EventID[1]] = true
				return nil
			})
		})
		until(t, "enough messages handled", func() bool { return count() >= enough })
		stop()
		conn.Close()
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// openTwo opens two buses of one server, as two processes would.
func openTwo(t *testing.T) (a, b *Bus) {
	t.Helper()
	server, conn := natstest.Start(t)
	a, err := Open(t.Context(), conn, config())
	if err != nil {
		t.Fatal(err)
	}
	if b, err = Open(t.Context(), natstest.Connect(t, server), config()); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestTailIsWantedWhileSomebodyTails(t *testing.T) {
	t.Parallel()
	viewer, ingest := openTwo(t)
	if ingest.TailWanted(7) {
		t.Fatal("nobody tails yet")
	}
	got := make(chan event.Summary, 8)
	stop, err := viewer.SubscribeTail(t.Context(), 7, func(s event.Summary) { got <- s })
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the tail is known", func() bool { return ingest.TailWanted(7) })
	if ingest.TailWanted(8) {
		t.Fatal("nobody tails project 8")
	}
	ingest.Tail(summary(1))
	if diff := cmp.Diff(summary(1), next(t, got)); diff != "" {
		t.Fatal(diff)
	}
	stop()
	ingest.present(8, time.Now().Add(-time.Hour))
	if ingest.TailWanted(8) {
		t.Fatal("a tail that ended is still wanted")
	}
}

func TestChangedSettingsReachEveryPart(t *testing.T) {
	t.Parallel()
	a, b := openTwo(t)
	got := make(chan uint32, 8)
	stop, err := b.OnSettingsChanged(func(id uint32) { got <- id })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := a.SettingsChanged(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if id := next(t, got); id != 7 {
		t.Fatalf("project %d", id)
	}
}

func TestConfigRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := func(change func(*Config), want string) {
		t.Helper()
		cfg := DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func(c *Config) { c.Replicas = 2 }, "replicas")
	f(func(c *Config) { c.Writer = "a.b" }, "writer")
	f(func(c *Config) { c.SpillBytes = 10 }, "1 MiB")
	f(func(c *Config) { c.DuplicateWindow = 0 }, "duplicate window")
	f(func(c *Config) { c.AckWait = 0 }, "ack wait")
	f(func(c *Config) { c.Backoff = nil }, "back-off")
	f(func(c *Config) { c.MaxDeliver = 0 }, "deliveries")
	f(func(c *Config) { c.Workers = 0 }, "workers")
	f(func(c *Config) { c.PublishTimeout = 0 }, "publish timeout")
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
