//go:build e2e

package product

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/faultline-dev/faultline/e2e/instance"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"github.com/faultline-dev/faultline/internal/event"
)

// sender streams numbered events until each is acknowledged, through every
// failure, as an SDK does: what was not acknowledged is sent again with attempt
// counted up.
type sender struct {
	t       *testing.T
	server  *instance.Server
	batches int
	acked   atomic.Int64 // events
	ids     []event.ID
}

const eventsABatch = 100

func (c *sender) batch(n int, attempt uint32) *ingestv1.Batch {
	b := &ingestv1.Batch{Id: uint64(n) + 1, Attempt: attempt}
	for i := range eventsABatch {
		id := c.ids[n*eventsABatch+i]
		b.Events = append(b.Events, &eventv1.Event{EventId: id[:], Message: &eventv1.Message{Template: "torture %d", Formatted: "torture " + strconv.Itoa(n)}})
	}
	return b
}

// run sends everything; it returns when all is acknowledged.
func (c *sender) run(ctx context.Context) {
	attempts := make([]uint32, c.batches)
	done := make([]bool, c.batches)
	for ctx.Err() == nil {
		left := c.round(ctx, attempts, done)
		if left == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond): // back-off before the next connection
		}
	}
}

// round opens one stream and sends what is not done, a window at a time.
func (c *sender) round(ctx context.Context, attempts []uint32, done []bool) (left int) {
	left = 0
	for _, d := range done {
		if !d {
			left++
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	client := ingestv1connect.NewIngestServiceClient(&http.Client{Transport: transport}, "http://"+c.server.HTTP, connect.WithGRPC())
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", "Bearer "+instance.PublicKey)
	stream, err := client.Stream(ctx)
	if err != nil {
		return left
	}
	window := make(chan struct{}, 16)
	go func() {
		for n := range c.batches {
			if done[n] {
				continue
			}
			select {
			case window <- struct{}{}:
			case <-ctx.Done():
				return
			}
			attempts[n]++
			if stream.Send(&ingestv1.StreamRequest{ProjectId: instance.ProjectID, Batch: c.batch(n, attempts[n])}) != nil {
				return
			}
		}
	}()
	for left > 0 {
		answer, err := stream.Receive()
		if err != nil {
			return left
		}
		n := int(answer.GetAck().GetBatchId()) - 1
		all := true
		for _, r := range answer.GetAck().GetResults() {
			ok := r.GetOutcome() == ingestv1.Outcome_OUTCOME_STORED || r.GetOutcome() == ingestv1.Outcome_OUTCOME_DUPLICATE
			if !ok && !r.GetRetry() {
				c.t.Errorf("event %s: %v %s %s", hex.EncodeToString(r.GetEventId()), r.GetOutcome(), r.GetReason(), r.GetMessage())
			}
			all = all && ok
		}
		<-window
		if all && !done[n] {
			done[n] = true
			left--
			c.acked.Add(eventsABatch)
		}
	}
	return 0
}

// enginePID finds the engine process: the child of the server that runs the
// clickhouse subcommand.
func enginePID(t *testing.T, parent int) int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		cmdline, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) && strings.Contains(string(cmdline), "\x00clickhouse\x00") {
			return pid
		}
	}
	t.Fatal("no engine process found")
	return 0
}

func TestKillsLoseAndDoubleNothing(t *testing.T) {
	events := 100_000
	if testing.Short() {
		events = 20_000
	}
	s := instance.New(t)
	s.Start()
	c := &sender{t: t, server: s, batches: events / eventsABatch}
	for range events {
		c.ids = append(c.ids, event.NewID())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	finished := make(chan struct{})
	go func() { defer close(finished); c.run(ctx) }()
	after := func(share int) {
		instance.Eventually(t, 2*time.Minute, fmt.Sprintf("%d %% are acknowledged", share), func() bool { return c.acked.Load() >= int64(events*share/100) })
	}
	after(15)
	syscall.Kill(enginePID(t, s.Cmd.Process.Pid), syscall.SIGKILL)
	after(35)
	s.Kill()
	s.Start()
	after(60)
	syscall.Kill(enginePID(t, s.Cmd.Process.Pid), syscall.SIGKILL)
	after(75)
	s.Kill()
	s.Start()
	select {
	case <-finished:
	case <-ctx.Done():
	}
	if got := c.acked.Load(); got != int64(events) {
		t.Fatalf("%d of %d events were acknowledged", got, events)
	}
	// Exactly once: as many rows as events, the roll-up agrees, and each id is found.
	status, answer := s.Call("POST", fmt.Sprintf("/api/v1/projects/%d:explore", instance.ProjectID), map[string]any{"query": "torture", "measure": "count"})
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	if got := answer["series"].([]any)[0].(map[string]any)["total"]; got != strconv.Itoa(events) {
		t.Errorf("%v rows for %d events", got, events)
	}
	issues := s.Get(fmt.Sprintf("/api/v1/projects/%d/issues", instance.ProjectID))["issues"].([]any)
	if len(issues) != 1 || issues[0].(map[string]any)["count"] != strconv.Itoa(events) {
		t.Errorf("the roll-up says %v", issues)
	}
	for i := 0; i < events; i += max(1, events/500) {
		if e := s.Get(fmt.Sprintf("/api/v1/projects/%d/events/%s", instance.ProjectID, c.ids[i])); e["eventId"] != c.ids[i].String() {
			t.Fatalf("event %d: %v", i, e)
		}
	}
}
