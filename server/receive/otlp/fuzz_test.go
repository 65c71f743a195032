package otlp

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectortraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

// FuzzProtobuf holds the reader against the generated types: what they refuse may be
// refused or not, but what they read must be read, and give as many errors as they hold.
func FuzzProtobuf(f *testing.F) {
	at := time.Unix(1_800_000_000, 0)
	f.Add(marshal(f, logsOf(resource, thrownRecord(at))), false)
	f.Add(marshal(f, spansOf(resource, thrownSpan(at))), true)
	f.Fuzz(func(t *testing.T, data []byte, spans bool) {
		_, h := handler(t, nil)
		s := logs
		if spans {
			s = traces
		}
		r := h.newReader(7, len(data))
		err := r.read(s, bytes.Clone(data))
		items, thrown, sound := count(data, spans)
		if !sound {
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if r.items != items || len(r.events) != thrown {
			t.Fatalf("%d items with %d errors, want %d with %d", r.items, len(r.events), items, thrown)
		}
	})
}

// count finds the errors of a request by way of the generated types.
func count(data []byte, spans bool) (items, thrown int, sound bool) {
	if spans {
		m := &collectortraces.ExportTraceServiceRequest{}
		if proto.Unmarshal(data, m) != nil {
			return 0, 0, false
		}
		for _, r := range m.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, span := range s.Spans {
					items++
					for _, e := range span.Events {
						if e.Name == "exception" {
							thrown++
						}
					}
				}
			}
		}
		return items, thrown, true
	}
	m := &collectorlogs.ExportLogsServiceRequest{}
	if proto.Unmarshal(data, m) != nil {
		return 0, 0, false
	}
	for _, r := range m.ResourceLogs {
		for _, s := range r.ScopeLogs {
			for _, l := range s.LogRecords {
				items++
				if isError(l) {
					thrown++
				}
			}
		}
	}
	return items, thrown, true
}

func isError(l *logpb.LogRecord) bool {
	if severityLevel(uint64(l.SeverityNumber), l.SeverityText) >= event.LevelError {
		return true
	}
	for _, kv := range l.Attributes {
		if strings.HasPrefix(kv.Key, "exception.") && len(kv.Key) > len("exception.") {
			return true
		}
	}
	return false
}

// FuzzJSON holds the transcoder against protobuf's own JSON, which differs only in ids:
// without ids, what it reads must give the same events.
func FuzzJSON(f *testing.F) {
	f.Add(jsonRecord(time.Unix(1_800_000_000, 0)))
	f.Add(`{"resource_logs":[{"scopeLogs":[null,{"logRecords":[{"severityNumber":"SEVERITY_NUMBER_ERROR","timeUnixNano":1e3,"body":{"kvlistValue":{"values":[{"key":"a","value":{"bytesValue":"_-8"}}]}}}]}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, h := handler(t, nil)
		data, err := fromJSON(logs, []byte(text))
		if err == nil {
			if err := h.newReader(7, len(data)).read(logs, data); err != nil {
				t.Fatalf("our own protobuf is refused: %v", err)
			}
		}
		m := &collectorlogs.ExportLogsServiceRequest{}
		if strings.Contains(text, "Id") || strings.Contains(text, "_id") || strings.Contains(text, `\u`) ||
			(protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(text), m) != nil {
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		want := h.newReader(7, len(text))
		if err := want.read(logs, marshal(t, m)); err != nil {
			t.Fatal(err)
		}
		got := h.newReader(7, len(text))
		if err := got.read(logs, data); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want.events, got.events, cmpopts.EquateNaNs(), cmpopts.IgnoreFields(event.Event{}, "ID")); d != "" {
			t.Fatal(d)
		}
	})
}

func TestExamplesOfTheSpecificationAreTaken(t *testing.T) {
	t.Parallel()
	folder := "../../../../shared/corpus/otlp"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("needs the corpus beside the project: %v", err)
	}
	for name, s := range map[string]signal{"logs.json": logs, "events.json": logs, "trace.json": traces, "metrics.json": metrics} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		_, h := handler(t, nil)
		data, err := fromJSON(s, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := h.export(t.Context(), caller{}, project.Access{ProjectID: 7}, h.room.Hold(7, time.Second), s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
