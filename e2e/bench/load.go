package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"github.com/faultline-dev/faultline/internal/eventgen"
)

// load streams generated events from several connections.
type load struct {
	options options
	gen     *eventgen.Generator
	batches uint64 // number of the last one
	next    atomic.Uint64
	every   time.Duration // from a batch to the next; 0: as fast as they are taken
	began   time.Time
	behind  uint64 // number of the batch before the first

	mu        sync.Mutex
	latencies []time.Duration
	stored    int
	other     map[string]int
}

// streamed is what streaming gave.
type streamed struct {
	events    int
	took      time.Duration
	latencies []time.Duration // sorted
	client    usage
}

func (s streamed) rate() float64 { return float64(s.events) / s.took.Seconds() }

func (s streamed) quantile(q float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[int(q*float64(len(s.latencies)-1))]
}

func newLoad(o options, events int) *load {
	cfg := eventgen.DefaultConfig(time.Now().Add(-20 * time.Hour))
	cfg.Step = 20 * time.Hour / time.Duration(events+events/halfShare)
	return &load{options: o, gen: eventgen.New(cfg), batches: uint64(events / o.batch), other: map[string]int{}}
}

// The run at half of full load: how long it takes, and that it sends at most one event for
// so many of the full one.
const (
	halfTime  = 20 * time.Second
	halfShare = 4
)

// half is a load of further events at half of a rate of events a second.
func (l *load) half(rate float64) *load {
	every := time.Duration(2 * float64(l.options.batch) / rate * float64(time.Second))
	h := &load{
		options: l.options, gen: l.gen, every: every, behind: l.batches, other: map[string]int{},
		batches: l.batches + min(uint64(halfTime/every), l.batches/halfShare),
	}
	h.next.Store(l.batches)
	return h
}

// rawCodec sends bytes as they are.
type rawCodec struct{ encoding.CodecV2 }

func (c rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// dial opens a connection of its own.
func dial(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(rawCodec{encoding.GetCodecV2("proto")})))
}

// run streams all events and waits for every acknowledgement.
func (l *load) run(ctx context.Context, address, credential string) (streamed, error) {
	before, err := usageOf(pid)
	if err != nil {
		return streamed{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	l.began = began
	var all sync.WaitGroup
	for range l.options.workers {
		all.Go(func() {
			if err := l.worker(ctx, address, credential); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return streamed{}, err
	}
	if len(l.other) > 0 {
		return streamed{}, fmt.Errorf("not every event was stored: %d were, others: %v", l.stored, l.other)
	}
	after, err := usageOf(pid)
	if err != nil {
		return streamed{}, err
	}
	slices.Sort(l.latencies)
	return streamed{events: l.stored, took: took, latencies: l.latencies, client: after.since(before)}, nil
}

// lane is one project's stream of one connection.
type lane struct {
	stream grpc.ClientStream
	sent   sync.Map // batch id → time
	done   chan error
}

// over tells whether the time has passed that the options give.
func (l *load) over() bool {
	return l.options.fillOnly && l.options.length > 0 && time.Since(l.began) > l.options.length
}

// worker sends batches until there are none left, with one stream for each project
// that it meets.
func (l *load) worker(ctx context.Context, address, credential string) error {
	conn, err := dial(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+credential)
	lanes := map[int]*lane{}
	window := make(chan struct{}, l.options.window)
	for {
		id := l.next.Add(1)
		if id > l.batches || l.over() {
			break
		}
		project := l.gen.Project(id)
		if lanes[project] == nil {
			if lanes[project], err = l.open(ctx, conn, window); err != nil {
				return err
			}
		}
		data := l.request(project, id)
		if l.every > 0 {
			if err := rest(ctx, time.Until(l.began.Add(time.Duration(id-l.behind)*l.every))); err != nil {
				return err
			}
		}
		select {
		case window <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		lanes[project].sent.Store(id, time.Now())
		if err := lanes[project].stream.SendMsg(data); err != nil {
			return <-lanes[project].done
		}
	}
	for _, lane := range lanes {
		if err := lane.stream.CloseSend(); err != nil {
			return err
		}
		if err := <-lane.done; err != nil {
			return err
		}
	}
	return nil
}

// request makes a StreamRequest.
func (l *load) request(project int, id uint64) []byte {
	batch := make([]byte, 0, l.options.batch*2800)
	batch = protowire.AppendVarint(protowire.AppendTag(batch, 1, protowire.VarintType), id)
	batch = protowire.AppendVarint(protowire.AppendTag(batch, 2, protowire.VarintType), 1)
	batch = l.gen.AppendBatch(batch, project, id*uint64(l.options.batch), l.options.batch)
	out := make([]byte, 0, len(batch)+16)
	out = protowire.AppendVarint(protowire.AppendTag(out, 1, protowire.VarintType), uint64(project+1))
	return protowire.AppendBytes(protowire.AppendTag(out, 2, protowire.BytesType), batch)
}

var streamDesc = grpc.StreamDesc{ClientStreams: true, ServerStreams: true}

// open opens a stream and reads its acknowledgements.
func (l *load) open(ctx context.Context, conn *grpc.ClientConn, window chan struct{}) (*lane, error) {
	stream, err := conn.NewStream(ctx, &streamDesc, ingestv1connect.IngestServiceStreamProcedure)
	if err != nil {
		return nil, err
	}
	la := &lane{stream: stream, done: make(chan error, 1)}
	go func() { la.done <- l.read(la, window) }()
	return la, nil
}

// read takes acknowledgements until the stream ends.
func (l *load) read(la *lane, window chan struct{}) error {
	for {
		var out ingestv1.StreamResponse
		if err := la.stream.RecvMsg(&out); err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
		<-window
		at, _ := la.sent.LoadAndDelete(out.GetAck().GetBatchId())
		took := time.Since(at.(time.Time))
		l.mu.Lock()
		l.latencies = append(l.latencies, took)
		for _, r := range out.GetAck().GetResults() {
			if r.Outcome == ingestv1.Outcome_OUTCOME_STORED {
				l.stored++
			} else {
				l.other[r.Outcome.String()+" "+r.Reason]++
			}
		}
		l.mu.Unlock()
	}
}

// betweenLone is the time from one lone event's answer to the next, so that no two share a block.
const betweenLone = 20 * time.Millisecond

// lone sends events one at a time and waits for each, as some SDKs do.
func (l *load) lone(ctx context.Context, address, credential string, n int) (streamed, error) {
	conn, err := dial(address)
	if err != nil {
		return streamed{}, err
	}
	defer conn.Close()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+credential)
	one := &load{options: l.options, gen: l.gen}
	one.options.batch = 1
	s := streamed{events: n}
	for i := range n {
		data := one.request(0, 1<<40+uint64(i))
		began := time.Now()
		var out ingestv1.SendResponse
		if err := conn.Invoke(ctx, ingestv1connect.IngestServiceSendProcedure, data, &out); err != nil {
			return s, err
		}
		if r := out.GetAck().GetResults(); len(r) != 1 || r[0].Outcome != ingestv1.Outcome_OUTCOME_STORED {
			return s, fmt.Errorf("a lone event was not stored: %v", &out)
		}
		s.latencies = append(s.latencies, time.Since(began))
		if err := rest(ctx, betweenLone); err != nil {
			return s, err
		}
	}
	slices.Sort(s.latencies)
	return s, nil
}
