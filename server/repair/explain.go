package repair

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

// explaining is the task of explaining events by an upload.
type explaining struct {
	*Service
	*explainer
	query view.AffectedRequest
}

func (x *explaining) batch(ctx context.Context, at *place, received time.Time) (batch, error) {
	x.query.After, x.query.Received = at.At, received
	events, err := x.Events.Affected(ctx, x.query)
	if err != nil {
		return batch{}, err
	}
	var amended []*event.Occurrence
	var renamed []event.Fingerprint
	for _, o := range events {
		_, changed, err := x.become(o)
		if err != nil {
			return batch{}, err
		}
		if changed {
			amended = append(amended, o)
			if len(renamed) == 0 || renamed[len(renamed)-1] != o.Fingerprint {
				renamed = append(renamed, o.Fingerprint)
			}
		}
	}
	if err := x.Events.Amend(ctx, amended); err != nil {
		return batch{}, err
	}
	before := at.At.Fingerprint
	if len(events) > 0 {
		last := events[len(events)-1]
		at.At = view.AffectedPlace{Fingerprint: last.Fingerprint, Timestamp: last.Event.Timestamp, EventID: last.Event.ID}
	}
	more := len(events) == x.query.Limit
	if err := x.Issues.Retell(ctx, x.query.ProjectID, complete(renamed, before, at.At.Fingerprint, more), time.Now()); err != nil {
		return batch{}, err
	}
	return batch{len(events), len(amended), more}, nil
}

// complete are the issues whose events are all done and some of which changed: those of a
// batch, and the one in which the batch before ended, of which nobody remembers. If
// there is more, the one in which this batch ends waits.
func complete(renamed []event.Fingerprint, before, last event.Fingerprint, more bool) []event.Fingerprint {
	none := event.Fingerprint{}
	if before != none && !slices.Contains(renamed, before) {
		renamed = append([]event.Fingerprint{before}, renamed...)
	}
	if more {
		renamed = slices.DeleteFunc(renamed, func(f event.Fingerprint) bool { return f == last })
	}
	return renamed
}
