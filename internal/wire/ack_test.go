package wire

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

func TestAcknowledgementsAreReadByGeneratedCode(t *testing.T) {
	t.Parallel()
	f := func(a Ack) {
		t.Helper()
		want := &ingestv1.StreamResponse{Ack: &ingestv1.Ack{BatchId: a.BatchID}}
		for _, r := range a.Results {
			result := &ingestv1.EventResult{
				Outcome: ingestv1.Outcome(r.Kind), Reason: string(r.Reason), Message: r.Message, Retry: r.Retry,
			}
			if !r.EventID.IsZero() {
				result.EventId = r.EventID[:]
			}
			want.Ack.Results = append(want.Ack.Results, result)
		}
		if a.RetryAfter > 0 {
			want.Ack.RetryAfter = durationpb.New(a.RetryAfter)
		}
		var got ingestv1.StreamResponse
		if err := proto.Unmarshal(AppendResponse(nil, a), &got); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(want, &got) {
			t.Fatalf("got %v, want %v", &got, want)
		}
	}
	f(Ack{})
	f(Ack{BatchID: 1 << 40, RetryAfter: 1500 * time.Millisecond})
	f(Ack{RetryAfter: time.Minute})
	f(Ack{BatchID: 1, Results: []outcome.Result{
		{EventID: event.NewID(), Kind: outcome.Stored},
		{Kind: outcome.Invalid, Reason: outcome.Malformed, Message: "because"},
		{EventID: event.NewID(), Kind: outcome.Limited, Reason: outcome.Buffer, Retry: true},
		{},
	}})
}
