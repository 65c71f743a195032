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
	// Growth is how many times its own size an event may take in memory. Real ones
	// take less than ten times; a stack of a million empty frames takes a hundred.
	Growth int
}

// DefaultLimits are larger than what any SDK sends on purpose.
func DefaultLimits() Limits {
	return Limits{EventBytes: 1 << 20, BatchEvents: 1000, Depth: 64, Growth: 20}
}

// Validate reports the first limit that makes no sense.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"event_bytes", l.EventBytes}, {"batch_events", l.BatchEvents}, {"depth", l.Depth}, {"growth", l.Growth}} {
		if f.value < 1 {
			return fmt.Errorf("limits of ingest: %s is %d, give at least 1", f.name, f.value)
		}
	}
	return nil
}

// What can be wrong with bytes. Messages that wrap them say where, and give the
// limit its value.
var (
	ErrMalformed   = errors.New("malformed protobuf")
	ErrEventBytes  = errors.New("event is larger than event_bytes")
	ErrBatchEvents = errors.New("batch has more events than batch_events")
	ErrDepth       = errors.New("event nests deeper than depth")
	ErrGrowth      = errors.New("event takes more than growth times its size in memory")
)
