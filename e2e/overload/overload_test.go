//go:build e2e

package overload

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/faultline-dev/faultline/e2e/instance"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
)

var (
	length = flag.Duration("length", 10*time.Second, "how long the overload lasts")
	full   = flag.Bool("full", false, "with the default settings, as fast as the machine stores, not with a small room")
)

// perBatch is how many events a request of the flood has.
const perBatch = 100

// hinted counts refusals, and those of them that do not say when to come back.
type hinted struct{ refused, mute atomic.Int64 }

// flood sends batches of one project.
type flood struct {
	t      *testing.T
	server *instance.Server
	conns  []*grpc.ClientConn
	next   atomic.Uint64

	offered, stored, unsent, failed atomic.Int64
	grpc, sentry, rest              hinted
}

func newFlood(t *testing.T, s *instance.Server) *flood {
	f := &flood{t: t, server: s}
	for range 4 {
		conn, err := grpc.NewClient(s.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		f.conns = append(f.conns, conn)
	}
	return f
}

// send sends one batch, and counts what became of it.
func (f *flood) send(ctx context.Context) {
	n := f.next.Add(1)
	f.offered.Add(perBatch)
	switch n % 32 {
	case 30:
		f.post(ctx, fmt.Sprintf("/api/%d/store/?sentry_key=%s", instance.ProjectID, instance.PublicKey), "", storeEvent(newID(), "Flood"), 1, &f.sentry)
		return
	case 31:
		body := []byte(`{"events":[{"platform":"go","exceptions":[{"type":"Flood","value":"it broke"}]}]}`)
		f.post(ctx, fmt.Sprintf("/api/v1/projects/%d/events:batch", instance.ProjectID), "Bearer "+instance.PublicKey, body, 1, &f.rest)
		return
	}
	b := &ingestv1.Batch{Attempt: 1}
	for i := range perBatch {
		id := newID()
		b.Events = append(b.Events, &eventv1.Event{
			EventId: id[:], Timestamp: timestamppb.Now(), Platform: "go",
			Exceptions: []*eventv1.Exception{{Type: fmt.Sprintf("Flood%d", i%10), Value: "it broke"}},
		})
	}
	var out ingestv1.SendResponse
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+instance.PublicKey)
	err := f.conns[n%uint64(len(f.conns))].Invoke(ctx, "/faultline.ingest.v1.IngestService/Send", &ingestv1.SendRequest{ProjectId: instance.ProjectID, Batch: b}, &out)
	switch status.Code(err) {
	case codes.OK:
		for _, r := range out.GetAck().GetResults() {
			if r.GetOutcome() == ingestv1.Outcome_OUTCOME_STORED {
				f.stored.Add(1)
			}
		}
	case codes.ResourceExhausted:
		f.grpc.refused.Add(1)
		for _, d := range status.Convert(err).Details() {
			if info, ok := d.(*errdetails.RetryInfo); ok && info.GetRetryDelay().AsDuration() > 0 {
				return
			}
		}
		f.grpc.mute.Add(1)
	case codes.DeadlineExceeded, codes.Canceled: // the end of the run
	default:
		if f.failed.Add(1) == 1 {
			f.t.Logf("a batch failed: %v", err)
		}
	}
}

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 500}}

func (f *flood) post(ctx context.Context, path, credential string, body []byte, events int64, h *hinted) {
	f.offered.Add(events - perBatch)
	r, err := http.NewRequestWithContext(ctx, "POST", "http://"+f.server.HTTP+path, bytes.NewReader(body))
	if err != nil {
		f.t.Error(err)
		return
	}
	if credential != "" {
		r.Header.Set("Authorization", credential)
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := client.Do(r)
	if err != nil {
		if ctx.Err() == nil && f.failed.Add(1) == 1 {
			f.t.Logf("a request failed: %v", err)
		}
		return
	}
	io.Copy(io.Discard, w.Body)
	w.Body.Close()
	switch w.StatusCode {
	case http.StatusOK:
		f.stored.Add(events)
	case http.StatusTooManyRequests:
		h.refused.Add(1)
		if w.Header.Get("Retry-After") == "" || h == &f.sentry && w.Header.Get("X-Sentry-Rate-Limits") == "" {
			h.mute.Add(1)
		}
	default:
		if f.failed.Add(1) == 1 {
			f.t.Logf("%s: %d", path, w.StatusCode)
		}
	}
}

func newID() (id [16]byte) {
	rand.Read(id[:])
	return id
}

func (f *flood) refused() int64 {
	return f.grpc.refused.Load() + f.sentry.refused.Load() + f.rest.refused.Load()
}

// capacity is how many events a second are stored when clients wait for answers, and a
// little when they are refused.
func (f *flood) capacity(length time.Duration) float64 {
	ctx, cancel := context.WithTimeout(f.t.Context(), length)
	defer cancel()
	before, began := f.stored.Load(), time.Now()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for ctx.Err() == nil {
				refused := f.refused()
				f.send(ctx)
				if f.refused() > refused {
					time.Sleep(50 * time.Millisecond) // the back-off of a client that is refused
				}
			}
		})
	}
	wg.Wait()
	return float64(f.stored.Load()-before) / time.Since(began).Seconds()
}

// underWay bounds the requests of the flood that wait for an answer; what is offered beyond
// it is dropped by the client, as SDKs do.
const underWay = 1500

// pour offers so many events a second, whatever becomes of them.
func (f *flood) pour(ctx context.Context, perSecond float64) {
	room := make(chan struct{}, underWay)
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	began, batches := time.Now(), 0
	for ctx.Err() == nil {
		<-tick.C
		for due := int(time.Since(began).Seconds() * perSecond / perBatch); batches < due; batches++ {
			select {
			case room <- struct{}{}:
				wg.Go(func() {
					f.send(ctx)
					<-room
				})
			default:
				f.offered.Add(perBatch)
				f.unsent.Add(perBatch)
			}
		}
	}
}

// quiet sends an event now and then, and notes how long each took.
func quiet(ctx context.Context, t *testing.T, s *instance.Server, id int, key string) (sent int, took []time.Duration) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		began := time.Now()
		w, err := client.Post(fmt.Sprintf("http://%s/api/%d/store/?sentry_key=%s", s.HTTP, id, key), "application/json", bytes.NewReader(storeEvent(newID(), "Rare")))
		sent++
		if err != nil {
			t.Errorf("the quiet client: %v", err)
			continue
		}
		w.Body.Close()
		if w.StatusCode != http.StatusOK {
			t.Errorf("the quiet client is told %d", w.StatusCode)
			continue
		}
		took = append(took, time.Since(began))
	}
	return sent, took
}

// look opens the list of issues again and again.
func look(ctx context.Context, s *instance.Server) (took []time.Duration) {
	for ctx.Err() == nil {
		began := time.Now()
		s.Get(fmt.Sprintf("/api/v1/projects/%d/issues", instance.ProjectID))
		took = append(took, time.Since(began))
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return took
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[int(q*float64(len(d)-1))]
}

func TestTenTimesTheCapacity(t *testing.T) {
	var args []string
	if !*full {
		// A small room, and blocks that wait for their interval, so that little is too much on any machine.
		args = []string{"--ingest-room-bytes", "4194304", "--ingest-flush-min", "500ms", "--ingest-flush-max", "500ms", "--ingest-hurry-parts", "0"}
	}
	s := start(t, args...)
	quietID, quietKey := project(t, s, "Quiet")
	f := newFlood(t, s)
	f.capacity(2 * time.Second) // connections, caches, first parts
	capacity := f.capacity(max(*length/2, 5*time.Second))
	t.Logf("capacity: %.0f events/s", capacity)

	ctx, cancel := context.WithTimeout(t.Context(), *length)
	defer cancel()
	offered, stored, began := f.offered.Load(), f.stored.Load(), time.Now()
	var wg sync.WaitGroup
	var sent int
	var acks, lists []time.Duration
	var most, mostEngine int64
	own, pid, engine := os.Getpid(), s.Cmd.Process.Pid, engineOf(t, s.Cmd.Process.Pid)
	spent := func() (used [3]float64) {
		for i, p := range []int{own, pid, engine} {
			used[i] = processorTime(t, p).Seconds()
		}
		return used
	}
	before := spent()
	wg.Go(func() { f.pour(ctx, 10*capacity) })
	wg.Go(func() { sent, acks = quiet(ctx, t, s, quietID, quietKey) })
	wg.Go(func() { lists = look(ctx, s) })
	wg.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			most, mostEngine = max(most, resident(t, s.Cmd.Process.Pid)), max(mostEngine, resident(t, engine))
			<-tick.C
		}
	})
	wg.Wait()
	took := time.Since(began).Seconds()
	served := float64(f.stored.Load()-stored) / took
	t.Logf("offered %.0f events/s, %.1f times the capacity; %d not even sent", float64(f.offered.Load()-offered)/took, float64(f.offered.Load()-offered)/took/capacity, f.unsent.Load())
	t.Logf("served %.0f events/s, %.2f of the capacity; %d requests failed", served, served/capacity, f.failed.Load())
	t.Logf("refused: %d gRPC, %d Sentry, %d REST", f.grpc.refused.Load(), f.sentry.refused.Load(), f.rest.refused.Load())
	t.Logf("quiet project: %d of %d stored, answered in %v (median), %v (most)", len(acks), sent, quantile(acks, 0.5), quantile(acks, 1))
	t.Logf("list of issues: %d times, %v (median), %v (most)", len(lists), quantile(lists, 0.5), quantile(lists, 1))
	after := spent()
	t.Logf("processors: clients %.2f, server %.2f, engine %.2f", (after[0]-before[0])/took, (after[1]-before[1])/took, (after[2]-before[2])/took)
	t.Logf("memory: server %d MB, engine %d MB at most", most>>20, mostEngine>>20)

	// A few seconds on a machine that does other things tell nothing about speed.
	timed := *length >= time.Minute
	if timed && served < 0.9*capacity {
		t.Errorf("served %.0f events/s, the capacity is %.0f", served, capacity)
	}
	if float64(f.offered.Load()-offered)/took < 8*capacity && timed {
		t.Error("that was no overload")
	}
	if f.grpc.refused.Load() == 0 || f.sentry.refused.Load() == 0 || f.rest.refused.Load() == 0 {
		t.Error("a protocol has not refused anything")
	}
	for name, h := range map[string]*hinted{"gRPC": &f.grpc, "Sentry": &f.sentry, "REST": &f.rest} {
		if n := h.mute.Load(); n > 0 {
			t.Errorf("%d refusals of %s do not say when to come back", n, name)
		}
	}
	if f.failed.Load() > 0 {
		t.Errorf("%d requests failed", f.failed.Load())
	}
	if len(acks) < sent {
		t.Errorf("%d of %d events of the quiet project were stored", len(acks), sent)
	}
	if slow := quantile(lists, 1); timed && slow >= time.Second {
		t.Errorf("the list of issues took %v", slow)
	}
	if most > 400<<20 || mostEngine > 900<<20 {
		t.Errorf("the server had %d MB, the engine %d MB", most>>20, mostEngine>>20)
	}
	if metric(t, s, "faultline_ingest_turned_away_total") == 0 {
		t.Error("the metric does not name the limit")
	}
}
