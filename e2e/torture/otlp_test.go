//go:build e2e

package torture

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// otlpClient exports log records with exceptions, as OpenTelemetry's exporters do: all
// of a request or nothing, and the same again after an error that may pass. The server
// makes the ids.
type otlpClient struct {
	export func(ctx context.Context, in *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, time.Duration, error)
}

func (c *otlpClient) send(ctx context.Context, batch []*item, _ int) ([]verdict, []string, error) {
	verdicts, reasons := make([]verdict, len(batch)), make([]string, len(batch))
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	out, wait, err := c.export(ctx, exportOf(batch))
	if err != nil {
		sleep(ctx, wait)
		return nil, nil, err
	}
	if p := out.GetPartialSuccess(); p.GetRejectedLogRecords() > 0 {
		return nil, nil, fmt.Errorf("%d of %d are rejected: %s", p.GetRejectedLogRecords(), len(batch), p.GetErrorMessage())
	}
	for i := range verdicts {
		verdicts[i] = stored
	}
	return verdicts, reasons, nil
}

// newOTLPExporter speaks gRPC.
func newOTLPExporter(t testing.TB, address string) *otlpClient {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	service := logspb.NewLogsServiceClient(conn)
	return &otlpClient{func(ctx context.Context, in *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, time.Duration, error) {
		out, err := service.Export(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+instance.PublicKey), in)
		return out, retryDelay(err), err
	}}
}

// retryDelay is what a server asks to wait for.
func retryDelay(err error) time.Duration {
	s := status.Convert(err)
	if s.Code() != codes.Unavailable {
		return 0
	}
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// newOTLPPoster posts protobuf.
func newOTLPPoster(address string) *otlpClient {
	client := &http.Client{Timeout: answerLimit, Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	return &otlpClient{func(ctx context.Context, in *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, time.Duration, error) {
		body, err := proto.Marshal(in)
		if err != nil {
			return nil, 0, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v1/logs", bytes.NewReader(body))
		if err != nil {
			return nil, 0, err
		}
		r.Header.Set("Content-Type", "application/x-protobuf")
		r.Header.Set("Authorization", "Bearer "+instance.PublicKey)
		w, err := client.Do(r)
		if err != nil {
			return nil, 0, err
		}
		defer w.Body.Close()
		if body, err = io.ReadAll(w.Body); err != nil {
			return nil, 0, err
		}
		if w.StatusCode != http.StatusOK {
			seconds, _ := strconv.Atoi(w.Header.Get("Retry-After"))
			return nil, time.Duration(seconds) * time.Second, fmt.Errorf("OTLP: %s", w.Status)
		}
		out := &logspb.ExportLogsServiceResponse{}
		return out, 0, proto.Unmarshal(body, out)
	}}
}

func exportOf(batch []*item) *logspb.ExportLogsServiceRequest {
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	records := make([]*logpb.LogRecord, len(batch))
	for i, it := range batch {
		severity := logpb.SeverityNumber_SEVERITY_NUMBER_ERROR
		if it.level == "fatal" {
			severity = logpb.SeverityNumber_SEVERITY_NUMBER_FATAL
		}
		records[i] = &logpb.LogRecord{
			TimeUnixNano: uint64(it.time.UnixNano()), SeverityNumber: severity, Body: text("went wrong"),
			Attributes: []*commonpb.KeyValue{{Key: "exception.type", Value: text(it.kind)}, {Key: "exception.message", Value: text(it.value)}},
		}
	}
	from := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "deployment.environment.name", Value: text("torture")}, {Key: "telemetry.sdk.language", Value: text("go")}}}
	return &logspb.ExportLogsServiceRequest{ResourceLogs: []*logpb.ResourceLogs{{Resource: from, ScopeLogs: []*logpb.ScopeLogs{{LogRecords: records}}}}}
}
