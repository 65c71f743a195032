package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	collectpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// otlpExport is the method that exporters of logs call.
const otlpExport = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

// Of the requests to the OTLP service, this many are under way at a time.
const (
	otlpConnections = 8
	otlpUnderWay    = 16 // a connection
)

// otlpLoad sends log records with exceptions, as OpenTelemetry's exporters do: unary
// requests of several records. Each record is one of some templates with a time, a span
// and a number of its own.
type otlpLoad struct {
	batch     int
	requests  uint64
	head      []byte // resource and scope
	templates []template
	mu        sync.Mutex
	latencies []time.Duration
	next      atomic.Uint64
}

// template is a message with places that differ from event to event.
type template struct {
	data   []byte
	time   int
	trace  int
	span   int
	number []int
}

// What stands in a template where events differ.
const (
	timeMark   = 0xc3c2c1c0c3c2c1c0
	traceMark  = "\xa1TRACE-ID-HERE\xa1\xa1"
	spanMark   = "\xb1SPANID\xb1"
	numberMark = "9876501234"
)

func newOTLPLoad(o options, events int) (*otlpLoad, error) {
	l := &otlpLoad{batch: o.batch, requests: uint64(events / o.batch)}
	var err error
	resource := &resourcepb.Resource{Attributes: attributes("service.name", "shop", "service.version", "1.4.2", "deployment.environment.name", "production", "host.name", "web-3",
		"telemetry.sdk.language", "java", "telemetry.sdk.name", "opentelemetry", "telemetry.sdk.version", "1.67.0", "process.runtime.name", "OpenJDK", "os.type", "linux")}
	if l.head, err = proto.Marshal(&logspb.ResourceLogs{Resource: resource}); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 500 {
		t, err := otlpTemplate(r, i)
		if err != nil {
			return nil, err
		}
		l.templates = append(l.templates, t)
	}
	return l, nil
}

func attributes(pairs ...string) []*commonpb.KeyValue {
	var list []*commonpb.KeyValue
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, &commonpb.KeyValue{Key: pairs[i], Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: pairs[i+1]}}})
	}
	return list
}

// otlpTemplate is a record of about 2.5 KB with a stack of 20 calls.
func otlpTemplate(r *rand.Rand, n int) (template, error) {
	var stack strings.Builder
	fmt.Fprintf(&stack, "com.example.shop.Order%dException: order %s cannot be placed\n", n, numberMark)
	for i := range 20 {
		fmt.Fprintf(&stack, "\tat com.example.shop.part%d.Service%d.step%d(Service%d.java:%d)\n", r.IntN(40), n, i, n, 10+r.IntN(500))
	}
	data, err := proto.Marshal(&logspb.LogRecord{
		TimeUnixNano: timeMark, SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_ERROR, SeverityText: "ERROR", TraceId: []byte(traceMark), SpanId: []byte(spanMark),
		Body: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "checkout failed"}},
		Attributes: attributes("exception.type", fmt.Sprintf("com.example.shop.Order%dException", n), "exception.message", "order "+numberMark+" cannot be placed", "exception.stacktrace", stack.String(),
			"user.id", numberMark, "http.request.method", "POST", "http.route", fmt.Sprintf("/checkout/%d", n), "thread.name", "worker-7", "tenant", fmt.Sprintf("tenant-%d", n%20)),
	})
	if err != nil {
		return template{}, err
	}
	var mark [8]byte
	binary.LittleEndian.PutUint64(mark[:], timeMark)
	t := template{data: data, time: bytes.Index(data, mark[:]), trace: bytes.Index(data, []byte(traceMark)), span: bytes.Index(data, []byte(spanMark))}
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte(numberMark))
		if i < 0 {
			return t, nil
		}
		t.number = append(t.number, at+i)
		at += i + len(numberMark)
	}
}

// request makes a request with new records.
func (l *otlpLoad) request(r *rand.Rand, weights *rand.Zipf) []byte {
	scope := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "shop")
	logs := protowire.AppendBytes(protowire.AppendTag(make([]byte, 0, l.batch*3000), 1, protowire.BytesType), scope)
	now := uint64(time.Now().UnixNano())
	for range l.batch {
		t := &l.templates[weights.Uint64()]
		logs = protowire.AppendVarint(protowire.AppendTag(logs, 2, protowire.BytesType), uint64(len(t.data)))
		at := len(logs)
		logs = append(logs, t.data...)
		record := logs[at:]
		binary.LittleEndian.PutUint64(record[t.time:], now)
		binary.LittleEndian.PutUint64(record[t.trace:], r.Uint64())
		binary.LittleEndian.PutUint64(record[t.trace+8:], r.Uint64())
		binary.LittleEndian.PutUint64(record[t.span:], r.Uint64())
		number := 1e9 + r.Uint64N(9e9)
		for _, at := range t.number {
			digits(record[at:at+len(numberMark)], number)
		}
	}
	resource := append(make([]byte, 0, len(logs)+len(l.head)+16), l.head...)
	resource = protowire.AppendBytes(protowire.AppendTag(resource, 2, protowire.BytesType), logs)
	return protowire.AppendBytes(protowire.AppendTag(make([]byte, 0, len(resource)+8), 1, protowire.BytesType), resource)
}

// digits writes a number over the whole of a text.
func digits(to []byte, n uint64) {
	for i := len(to) - 1; i >= 0; i-- {
		to[i] = byte('0' + n%10)
		n /= 10
	}
}

// run sends everything and waits for the answers.
func (l *otlpLoad) run(ctx context.Context, address string) (streamed, error) {
	before, err := usageOf(pid)
	if err != nil {
		return streamed{}, err
	}
	ctx, cancel := context.WithCancelCause(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+publicKey))
	defer cancel(nil)
	began := time.Now()
	var all sync.WaitGroup
	for c := range otlpConnections {
		conn, err := dial(address)
		if err != nil {
			return streamed{}, err
		}
		defer conn.Close()
		for w := range otlpUnderWay {
			all.Go(func() {
				r := rand.New(rand.NewPCG(uint64(c), uint64(w)))
				weights := rand.NewZipf(r, 1.1, 1, uint64(len(l.templates)-1))
				for l.next.Add(1) <= l.requests && ctx.Err() == nil {
					data := l.request(r, weights)
					sent := time.Now()
					var out collectpb.ExportLogsServiceResponse
					if err := conn.Invoke(ctx, otlpExport, data, &out); err != nil {
						cancel(err)
						return
					}
					if n := out.GetPartialSuccess().GetRejectedLogRecords(); n > 0 {
						cancel(fmt.Errorf("%d records were refused: %s", n, out.GetPartialSuccess().GetErrorMessage()))
						return
					}
					took := time.Since(sent)
					l.mu.Lock()
					l.latencies = append(l.latencies, took)
					l.mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return streamed{}, err
	}
	after, err := usageOf(pid)
	slices.Sort(l.latencies)
	return streamed{events: int(l.requests) * l.batch, took: took, latencies: l.latencies, client: after.since(before)}, err
}
