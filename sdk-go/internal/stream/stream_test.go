package stream

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/faultline-dev/faultline/sdk-go/internal/ingesttest"
	"github.com/faultline-dev/faultline/sdk-go/internal/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open starts a stream to the server that fails fast.
func open(t testing.TB, server *ingesttest.Server, change func(*Config)) *Stream {
	t.Helper()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	cfg := DefaultConfig()
	cfg.BaseURL, cfg.Key, cfg.ProjectID = server.URL(), "key", 1
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{Protocols: &protocols}}
	cfg.BackoffMin, cfg.BackoffMax = time.Millisecond, 20*time.Millisecond
	cfg.AckTimeout, cfg.Linger = 10*time.Second, time.Millisecond
	cfg.Logf = t.Logf
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

func encoded(t testing.TB, message string) Event {
	t.Helper()
	var e Event
	_, _ = rand.Read(e.ID[:])
	data, err := proto.Marshal(&eventv1.Event{EventId: e.ID[:], Message: &eventv1.Message{Formatted: message}})
	if err != nil {
		t.Fatal(err)
	}
	e.Data = data
	return e
}

// push lets n events in and returns their ids.
func push(t testing.TB, s *Stream, n int) [][16]byte {
	t.Helper()
	var ids [][16]byte
	for range n {
		e := encoded(t, "m")
		ticket, ok := s.Reserve(len(e.Data))
		if !ok {
			t.Fatal("not let in")
		}
		e.Ticket = ticket
		s.Push([]Event{e})
		ids = append(ids, e.ID)
	}
	return ids
}

func flush(t testing.TB, s *Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if !s.Flush(ctx) {
		t.Fatalf("not flushed: %+v", s.Stats())
	}
}

// exact fails unless exactly these events are stored, each once.
func exact(t testing.TB, server *ingesttest.Server, ids [][16]byte) {
	t.Helper()
	events, doubled := server.Stored()
	if events != len(ids) || doubled != 0 {
		t.Errorf("stored %d events, %d of them more than once; sent %d", events, doubled, len(ids))
	}
	for _, id := range ids {
		if !server.Has(id) {
			t.Fatalf("event %x is missing", id)
		}
	}
}

// nth makes fn decide about the batches whose numbers it knows; others are
// acknowledged.
func nth(fn func(n int64) ingesttest.Reply) func(*ingestv1.Batch) ingesttest.Reply {
	var n atomic.Int64
	return func(*ingestv1.Batch) ingesttest.Reply { return fn(n.Add(1)) }
}

func TestEveryEventIsStoredOnceWhateverTheServerDoes(t *testing.T) {
	t.Parallel()
	f := func(name string, reply func(n int64) ingesttest.Reply) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := ingesttest.New(t)
			server.Reply(nth(reply))
			s := open(t, server, func(c *Config) { c.BatchEvents = 10 })
			ids := push(t, s, 500)
			flush(t, s)
			exact(t, server, ids)
			if stats := s.Stats(); stats.Stored != 500 || len(stats.Dropped) != 0 {
				t.Errorf("stats: %+v", stats)
			}
		})
	}
	f("acknowledges", func(int64) ingesttest.Reply { return ingesttest.Reply{} })
	f("acknowledges twice", func(int64) ingesttest.Reply { return ingesttest.Reply{Twice: true} })
	f("acknowledges late", func(int64) ingesttest.Reply { return ingesttest.Reply{Delay: time.Millisecond} })
	f("stores and cuts the connection", func(n int64) ingesttest.Reply { return ingesttest.Reply{Cut: n%7 == 0} })
	f("cuts the connection and stores nothing", func(n int64) ingesttest.Reply {
		return ingesttest.Reply{Cut: n%7 == 0, Discard: n%7 == 0}
	})
	f("stores and fails", func(n int64) ingesttest.Reply {
		if n%5 == 0 {
			return ingesttest.Reply{Error: connect.NewError(connect.CodeUnavailable, errors.New("later"))}
		}
		return ingesttest.Reply{}
	})
	f("has no room for some", func(n int64) ingesttest.Reply {
		if n%3 == 0 {
			return ingesttest.Reply{Outcome: ingestv1.Outcome_OUTCOME_LIMITED, Retry: true, RetryAfter: time.Millisecond}
		}
		return ingesttest.Reply{}
	})
	f("loses some and says so", func(n int64) ingesttest.Reply {
		if n%3 == 0 {
			return ingesttest.Reply{Outcome: ingestv1.Outcome_OUTCOME_LOST, Retry: true}
		}
		return ingesttest.Reply{}
	})
}

func TestABatchWithoutAcknowledgementIsSentAgain(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(nth(func(n int64) ingesttest.Reply { return ingesttest.Reply{Silent: n <= 2} }))
	s := open(t, server, func(c *Config) { c.AckTimeout = 50 * time.Millisecond })
	ids := push(t, s, 3)
	flush(t, s)
	exact(t, server, ids)
	if s.Stats().Resent == 0 {
		t.Error("nothing was sent again")
	}
}

func TestTheServerMayBeAwayAndComeBack(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Stop()
	s := open(t, server, nil)
	ids := push(t, s, 50)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if s.Flush(ctx) {
		t.Fatal("flushed to a server that is away")
	}
	server.Start()
	flush(t, s)
	ids = append(ids, push(t, s, 50)...)
	server.Stop()
	server.Start()
	ids = append(ids, push(t, s, 50)...)
	flush(t, s)
	exact(t, server, ids)
}

func TestAttemptsAreCountedTruthfully(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(nth(func(n int64) ingesttest.Reply { return ingesttest.Reply{Cut: n <= 3} }))
	s := open(t, server, nil)
	ids := push(t, s, 1)
	flush(t, s)
	exact(t, server, ids)
	for i, b := range server.Batches() {
		if int(b.Attempt) != i+1 {
			t.Errorf("sending %d says attempt %d", i+1, b.Attempt)
		}
	}
	push(t, s, 1)
	flush(t, s)
	all := server.Batches()
	if last := all[len(all)-1]; last.Attempt != 1 {
		t.Errorf("a new event says attempt %d", last.Attempt)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	const pause = 150 * time.Millisecond
	server := ingesttest.New(t)
	server.Reply(nth(func(n int64) ingesttest.Reply {
		if n == 1 {
			return ingesttest.Reply{Outcome: ingestv1.Outcome_OUTCOME_LIMITED, Retry: true, RetryAfter: pause}
		}
		return ingesttest.Reply{}
	}))
	s := open(t, server, nil)
	ids := push(t, s, 1)
	server.Await("the first batch", func() bool { return len(server.Batches()) == 1 })
	ids = append(ids, push(t, s, 5)...)
	flush(t, s)
	exact(t, server, ids)
	all := server.Batches()
	for _, b := range all {
		if gap := b.At.Sub(all[0].At); b.Attempt == 2 && gap < pause {
			t.Errorf("sent again after %v, asked for %v", gap, pause)
		}
	}
}

func TestRetryInfoOfAnErrorIsObeyed(t *testing.T) {
	t.Parallel()
	const pause = 150 * time.Millisecond
	server := ingesttest.New(t)
	server.Reply(nth(func(n int64) ingesttest.Reply {
		if n > 1 {
			return ingesttest.Reply{}
		}
		return ingesttest.Reply{Discard: true, Error: exhausted(t, pause)}
	}))
	s := open(t, server, nil)
	ids := push(t, s, 1)
	flush(t, s)
	exact(t, server, ids)
	all := server.Batches()
	if gap := all[1].At.Sub(all[0].At); gap < pause {
		t.Errorf("sent again after %v, asked for %v", gap, pause)
	}
}

// exhausted returns the error of a server without room. The detail's type is
// not linked in, so its bytes are put together by hand.
func exhausted(t testing.TB, pause time.Duration) error {
	t.Helper()
	delay, err := proto.Marshal(durationpb.New(pause))
	if err != nil {
		t.Fatal(err)
	}
	info := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), delay)
	if got, ok := retryInfo(info); !ok || got != pause {
		t.Fatalf("retryInfo = %v, %v", got, ok)
	}
	failure := connect.NewError(connect.CodeResourceExhausted, errors.New("no room"))
	detail, err := connect.NewErrorDetail(&anypb.Any{TypeUrl: "type.googleapis.com/google.rpc.RetryInfo", Value: info})
	if err != nil {
		t.Fatal(err)
	}
	failure.AddDetail(detail)
	return failure
}

func TestARefusedOutcomeIsFinal(t *testing.T) {
	t.Parallel()
	f := func(outcome ingestv1.Outcome) {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			server := ingesttest.New(t)
			server.Reply(func(*ingestv1.Batch) ingesttest.Reply { return ingesttest.Reply{Outcome: outcome} })
			s := open(t, server, nil)
			push(t, s, 5)
			flush(t, s)
			if stats := s.Stats(); stats.Refused != 5 || stats.Pending != 0 {
				t.Errorf("stats: %+v", stats)
			}
		})
	}
	f(ingestv1.Outcome_OUTCOME_FILTERED)
	f(ingestv1.Outcome_OUTCOME_INVALID)
	f(ingestv1.Outcome_OUTCOME_LIMITED)
	f(ingestv1.Outcome_OUTCOME_LOST)
}

func TestOneEventThatTheServerRefusesDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(func(b *ingestv1.Batch) ingesttest.Reply {
		for _, e := range b.GetEvents() {
			if e.GetMessage().GetFormatted() == "poison" {
				return ingesttest.Reply{Discard: true, Error: connect.NewError(connect.CodeInvalidArgument, errors.New("no"))}
			}
		}
		return ingesttest.Reply{}
	})
	s := open(t, server, nil)
	ids := push(t, s, 50)
	poison := encoded(t, "poison")
	poison.Ticket, _ = s.Reserve(len(poison.Data))
	s.Push([]Event{poison})
	ids = append(ids, push(t, s, 150)...)
	flush(t, s)
	exact(t, server, ids)
	if got := s.Stats().Dropped; got[DropNetworkError] != 1 || len(got) != 1 {
		t.Errorf("dropped: %v", got)
	}
}

func TestMemoryIsBoundedAndDropsAreReported(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Stop()
	s := open(t, server, func(c *Config) { c.MaxEvents, c.MaxBytes = 10, 10_000 })
	ids := push(t, s, 10)
	for range 7 {
		if _, ok := s.Reserve(10); ok {
			t.Fatal("let in beyond the limit of events")
		}
	}
	server.Start()
	flush(t, s)
	if _, ok := s.Reserve(10_001); ok {
		t.Fatal("let in beyond the limit of bytes")
	}
	ids = append(ids, push(t, s, 1)...)
	flush(t, s)
	exact(t, server, ids)
	if got := server.Drops(); got[DropQueueOverflow] != 8 {
		t.Errorf("the server was told: %v", got)
	}
}

func TestDropsAreReportedWithoutEvents(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	s := open(t, server, func(c *Config) { c.ReportInterval = time.Millisecond })
	s.Drop(DropSampleRate, 41)
	s.Drop(DropSampleRate, 1)
	server.Await("the report", func() bool { return server.Drops()[DropSampleRate] == 42 })
}

func TestDropsAreReportedOnClose(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	s := open(t, server, func(c *Config) { c.ReportInterval = time.Hour })
	s.Drop(DropBeforeSend, 3)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.Close(ctx)
	if got := server.Drops()[DropBeforeSend]; got != 3 {
		t.Errorf("the server was told of %d", got)
	}
}

func TestCloseGivesUpAtItsDeadline(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(func(*ingestv1.Batch) ingesttest.Reply { return ingesttest.Reply{Silent: true} })
	s := open(t, server, nil)
	push(t, s, 3)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if s.Close(ctx) {
		t.Error("closed as if all were stored")
	}
	if got := s.Stats(); got.Dropped[DropShutdown] != 3 || got.Pending != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestAnIdleStreamIsClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	s := open(t, server, func(c *Config) { c.IdleTimeout = 20 * time.Millisecond })
	ids := push(t, s, 1)
	flush(t, s)
	server.AwaitIdle("the idle stream to end")
	ids = append(ids, push(t, s, 1)...)
	flush(t, s)
	exact(t, server, ids)
	if got := server.Streams(); got != 2 {
		t.Errorf("%d streams were opened", got)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	s := open(t, server, func(c *Config) { c.BatchEvents, c.BatchBytes, c.Linger = 7, 200, time.Hour })
	ids := push(t, s, 100)
	flush(t, s)
	exact(t, server, ids)
	for _, b := range server.Batches() {
		if len(b.IDs) > 7 {
			t.Errorf("a batch of %d events", len(b.IDs))
		}
	}
}

func TestWithASpoolTheProgramHoldsMoreThanMemory(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Stop()
	dir := t.TempDir()
	sp, err := spool.Open(spool.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, server, func(c *Config) { c.Spool, c.MaxEvents, c.MaxBytes = sp, 20, 10_000 })
	ids := push(t, s, 1000)
	server.Start()
	flush(t, s)
	exact(t, server, ids)
}

func TestWhatAnEarlierRunLeftIsSentAsResent(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(func(*ingestv1.Batch) ingesttest.Reply { return ingesttest.Reply{Silent: true} })
	dir := t.TempDir()
	run := func() *Stream {
		sp, err := spool.Open(spool.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return open(t, server, func(c *Config) { c.Spool = sp })
	}
	first := run()
	ids := push(t, first, 250)
	server.Await("everything to arrive", func() bool { n, _ := server.Stored(); return n == 250 })
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	first.Close(gone)

	server.Reply(nil)
	second := run()
	flush(t, second)
	exact(t, server, ids)
	if got := second.Stats().Stored; got != 250 {
		t.Errorf("the second run had %d events acknowledged", got)
	}
}
