//go:build e2e

package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/faultline-dev/faultline/e2e/instance"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
)

// client sends events as one kind of SDK does.
//
// send must return one verdict and one reason an event, in order, or an error if
// there was no answer: then anything may have become of the events. It is called by
// several goroutines at a time, with the attempt counted from 1.
type client interface {
	send(ctx context.Context, batch []*item, attempt int) ([]verdict, []string, error)
}

// clients are the kinds of clients, by what they speak.
func clients(t testing.TB, httpAddress, grpcAddress string) map[string]client {
	return map[string]client{
		"grpc stream on the HTTP port": newStreamClient(httpAddress),
		"grpc stream":                  newStreamClient(grpcAddress),
		"rest":                         &restClient{address: httpAddress, http: &http.Client{Timeout: answerLimit, Transport: &http.Transport{}}},
		"sentry":                       newSentryClient(httpAddress),
		"otlp":                         newOTLPExporter(t, grpcAddress),
		"otlp over HTTP":               newOTLPPoster(httpAddress),
	}
}

// answerLimit is how long a client waits for an answer before it sends again.
const answerLimit = 20 * time.Second

// drive sends batches of a ledger through a client, which has a name, until both have
// ended: one every pace on average, if answers come that fast.
func drive(ctx context.Context, name string, c client, l *ledger, seed uint64, pace func() time.Duration) {
	rng := rand.New(rand.NewPCG(seed, 3))
	for batch := l.next(name); batch != nil; batch = l.next(name) {
		began := time.Now()
		pause := 50 * time.Millisecond
		for attempt := 1; len(batch) > 0; attempt++ {
			l.sending(len(batch))
			verdicts, reasons, err := c.send(ctx, batch, attempt)
			if err == nil {
				left := l.note(batch, verdicts, reasons)
				// Some SDKs send the whole batch again, others what is left.
				if len(left) == 0 || rng.IntN(2) == 0 {
					batch = left
				}
			}
			if len(batch) == 0 {
				break
			}
			if !sleep(ctx, pause) {
				return
			}
			pause = min(2*pause, time.Second)
		}
		p := pace()
		if !sleep(ctx, p/2+time.Duration(rng.Int64N(int64(p)))-time.Since(began)) {
			return
		}
	}
}

// every is a pace that stays.
func every(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// streamClient speaks gRPC: one stream for all batches, a new one when it breaks.
type streamClient struct {
	client ingestv1connect.IngestServiceClient

	sending sync.Mutex // held while writing, which waits while the server does not read

	mu      sync.Mutex
	stream  *connect.BidiStreamForClientSimple[ingestv1.StreamRequest, ingestv1.StreamResponse]
	end     context.CancelFunc
	next    uint64
	waiting map[uint64]chan *ingestv1.Ack
}

func newStreamClient(address string) *streamClient {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	return &streamClient{client: ingestv1connect.NewIngestServiceClient(&http.Client{Transport: transport}, "http://"+address, connect.WithGRPC())}
}

var errBroken = errors.New("the stream broke")

func (c *streamClient) send(ctx context.Context, batch []*item, attempt int) ([]verdict, []string, error) {
	answer, id, err := c.put(ctx, batch, attempt)
	if err != nil {
		return nil, nil, err
	}
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	select {
	case ack := <-answer:
		if ack == nil {
			return nil, nil, errBroken
		}
		return fromAck(ack, batch)
	case <-limit.C:
		c.reset(nil)
		return nil, nil, fmt.Errorf("no answer to batch %d: %w", id, errBroken)
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

// put writes a batch to the stream and returns where its answer will be.
func (c *streamClient) put(ctx context.Context, batch []*item, attempt int) (chan *ingestv1.Ack, uint64, error) {
	b := &ingestv1.Batch{Attempt: uint32(attempt), Events: make([]*eventv1.Event, len(batch))}
	for i, it := range batch {
		b.Events[i] = protobufOf(it)
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	stream, answer, err := c.expect(ctx, b)
	if err != nil {
		return nil, 0, err
	}
	if err := stream.Send(&ingestv1.StreamRequest{ProjectId: instance.ProjectID, Batch: b}); err != nil {
		c.reset(stream)
		return nil, 0, err
	}
	return answer, b.Id, nil
}

// expect numbers a batch and opens the stream if there is none.
func (c *streamClient) expect(ctx context.Context, b *ingestv1.Batch) (*connect.BidiStreamForClientSimple[ingestv1.StreamRequest, ingestv1.StreamResponse], chan *ingestv1.Ack, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil {
		if err := c.open(ctx); err != nil {
			return nil, nil, err
		}
	}
	c.next++
	b.Id = c.next
	answer := make(chan *ingestv1.Ack, 1)
	c.waiting[b.Id] = answer
	return c.stream, answer, nil
}

func (c *streamClient) open(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", "Bearer "+instance.PublicKey)
	stream, err := c.client.Stream(ctx)
	if err != nil {
		end()
		return err
	}
	c.stream, c.end, c.waiting = stream, end, map[uint64]chan *ingestv1.Ack{}
	go func() {
		for {
			answer, err := stream.Receive()
			if err != nil {
				c.reset(stream)
				return
			}
			c.mu.Lock()
			if c.stream == stream {
				if to := c.waiting[answer.GetAck().GetBatchId()]; to != nil {
					delete(c.waiting, answer.GetAck().GetBatchId())
					to <- answer.GetAck()
				}
			}
			c.mu.Unlock()
		}
	}()
	return nil
}

// reset gives a stream up, or whichever there is.
func (c *streamClient) reset(broken *connect.BidiStreamForClientSimple[ingestv1.StreamRequest, ingestv1.StreamResponse]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if broken == nil || c.stream == broken {
		c.close()
	}
}

func (c *streamClient) close() {
	if c.stream == nil {
		return
	}
	c.end()
	for _, answer := range c.waiting {
		close(answer)
	}
	c.stream, c.waiting = nil, nil
}

func fromAck(ack *ingestv1.Ack, batch []*item) ([]verdict, []string, error) {
	if len(ack.GetResults()) != len(batch) {
		return nil, nil, fmt.Errorf("%d results for %d events", len(ack.GetResults()), len(batch))
	}
	verdicts, reasons := make([]verdict, len(batch)), make([]string, len(batch))
	for i, r := range ack.GetResults() {
		if string(r.GetEventId()) != string(batch[i].id[:]) {
			return nil, nil, fmt.Errorf("result %d is of event %x, not %x", i, r.GetEventId(), batch[i].id)
		}
		verdicts[i] = verdictOf(r.GetOutcome().String(), r.GetRetry())
		reasons[i] = r.GetOutcome().String() + " " + r.GetReason()
	}
	return verdicts, reasons, nil
}

func verdictOf(outcome string, retry bool) verdict {
	switch {
	case outcome == "OUTCOME_STORED":
		return stored
	case outcome == "OUTCOME_DUPLICATE":
		return duplicate
	case retry:
		return again
	}
	return refused
}

func protobufOf(it *item) *eventv1.Event {
	e := &eventv1.Event{
		EventId: it.id[:], Timestamp: timestamppb.New(it.time), Level: eventv1.Level_LEVEL_ERROR, Platform: "go", Environment: "torture",
		Exceptions: []*eventv1.Exception{{Type: it.kind, Value: it.value}},
	}
	if it.level == "fatal" {
		e.Level = eventv1.Level_LEVEL_FATAL
	}
	return e
}

// restClient posts JSON.
type restClient struct {
	address string
	http    *http.Client
}

func (c *restClient) send(ctx context.Context, batch []*item, attempt int) ([]verdict, []string, error) {
	events := make([]map[string]any, len(batch))
	for i, it := range batch {
		events[i] = map[string]any{
			"eventId": it.id[:], "timestamp": it.time.Format(time.RFC3339Nano), "level": "LEVEL_" + map[string]string{"error": "ERROR", "fatal": "FATAL"}[it.level],
			"platform": "go", "environment": "torture", "exceptions": []any{map[string]any{"type": it.kind, "value": it.value}},
		}
	}
	body, err := json.Marshal(map[string]any{"attempt": attempt, "events": events})
	if err != nil {
		return nil, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/api/v1/projects/%d/events:batch", c.address, instance.ProjectID), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+instance.PublicKey)
	r.Header.Set("Content-Type", "application/json")
	w, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return nil, nil, err
	}
	var answer struct {
		Results []struct {
			Outcome string
			Reason  string
			Retry   bool
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Results) != len(batch) {
		return nil, nil, fmt.Errorf("%s: %.200s", w.Status, text)
	}
	verdicts, reasons := make([]verdict, len(batch)), make([]string, len(batch))
	for i, one := range answer.Results {
		verdicts[i], reasons[i] = verdictOf(one.Outcome, one.Retry), one.Outcome+" "+one.Reason
	}
	return verdicts, reasons, nil
}
