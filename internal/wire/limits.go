package wire

import (
	"errors"
	"fmt"
)

// Limits bound what one message may cost. Each has an error that names it.
type Limits struct {
	// EventBytes is the largest event, as protobuf.
	EventBytes int
	// BatchEvents is the largest number of events in a batch; those beyond it are
	// refused one by one.
	BatchEvents int
	// Depth is how deep JSON objects and lists in an event may nest.
	Depth int
	// Items is the largest number of parts of one event: frames, breadcrumbs, tags,
	// values of objects and every other element of a list.
	Items int
}

// DefaultLimits are larger than what any SDK sends on purpose.
func DefaultLimits() Limits {
	return Limits{EventBytes: 1 << 20, BatchEvents: 1000, Depth: 64, Items: 20_000}
}

// Validate reports the first limit that makes no sense.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"event_bytes", l.EventBytes}, {"batch_events", l.BatchEvents}, {"depth", l.Depth}, {"items", l.Items}} {
		if f.value < 1 {
			return fmt.Errorf("ingest limits: %s is %d, give at least 1", f.name, f.value)
		}
	}
	return nil
}

// What can be wrong with bytes. Messages that wrap them say where, and name the
// limit with its value.
var (
	ErrMalformed = errors.New("malformed protobuf")
	ErrEventSize = errors.New("event is larger than event_bytes")
	ErrBatch     = errors.New("batch has more events than batch_events")
	ErrDepth     = errors.New("event nests deeper than depth")
	ErrItems     = errors.New("event has more parts than items")
)
