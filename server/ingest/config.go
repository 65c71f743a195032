package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/server/normalize"
)

// Config says how large blocks and buffers may become and how long things may take.
type Config struct {
	// FlushMin is the shortest time from the start of one insert to the start of the next,
	// unless nothing more seems to come, because all who send wait for their answers. It is
	// what a lone event waits at most.
	FlushMin time.Duration
	// FlushMax is the longest; in between, the interval is FlushShare times what the last
	// insert took, so that blocks grow with the load.
	FlushMax time.Duration
	// FlushShare is how many times longer than an insert the interval is: 3 lets inserting
	// take a third of the time until blocks can grow no further.
	FlushShare int
	// FlushBrisk is the interval that is exceeded only if an insert takes more than two thirds
	// of it: blocks are large enough by then, and what their senders wait counts for more.
	// It holds while the store keeps up; from FlushMax on it changes nothing.
	FlushBrisk time.Duration
	// HurryParts is how many parts the store may keep the events of a week in for blocks not
	// to wait when all who send do. 0: they always wait for their interval.
	HurryParts int
	// CrowdParts is with how many the store has to be spared, because it cannot merge blocks
	// as fast as they come, and would grow slow and run out of memory: blocks fill up for
	// FlushAway, and those on disk wait.
	CrowdParts int
	// FlushAway is the interval while the store is away, and the longest while it catches up
	// with what is on disk. Resent events that may be on disk already are gathered for four
	// times as long. Each block on disk costs an insert, and perhaps a look-up, when it
	// leaves it.
	FlushAway time.Duration
	// BlockRows ends a block: one insert holds about as many events at most.
	BlockRows int
	// BlockBytes ends a block by what its events take in memory.
	BlockBytes int64
	// RoomBytes bounds what all events under way take in memory. When it is full, streams
	// are not read and other requests are refused after their patience.
	RoomBytes int64
	// InsertPatience is how long the store may fail or be slow before a block is spilled.
	// Spilling costs more than inserting, so a store that is only slow should be waited for.
	InsertPatience time.Duration
	// SpillTimeout is how long spilling one block may take before its events are lost.
	SpillTimeout time.Duration
	// LookupTimeout is how long looking up resent events and fingerprints may take.
	LookupTimeout time.Duration
	// PublishTimeout is how long telling the bus of one block may hold up its
	// acknowledgement.
	PublishTimeout time.Duration
	// OutcomeInterval is how often the outcomes of events that are not stored are written.
	OutcomeInterval time.Duration
	// StopTimeout is how long the rest of the buffer may take to be stored when the
	// pipeline stops.
	StopTimeout time.Duration
	// RepairBlocks is how many of the newest blocks are made whole after a start, because a
	// crash may have left them half done. Where several processes insert, give twice their
	// number.
	RepairBlocks int
	// RecentEvents is how many event ids are remembered to find duplicates without a
	// look-up: as many of clients that count their attempts as of those that do not.
	RecentEvents int
	// ResendAge is how old an event may be without looking whether it is stored already, if
	// its client does not say how often it sent it, as Sentry's and OpenTelemetry's do not.
	// An event that is sent again to another process in that time is stored twice. What this
	// process does not remember is looked up anyway.
	ResendAge time.Duration
	// KnownFingerprints is how many fingerprints are remembered as seen before.
	KnownFingerprints int
	// Limits trim what one event holds.
	Limits normalize.Limits
}

// DefaultConfig suits one machine on which the store runs too.
func DefaultConfig() Config {
	return Config{
		FlushMin: 50 * time.Millisecond, FlushMax: 400 * time.Millisecond, FlushShare: 3, FlushBrisk: 120 * time.Millisecond, HurryParts: 60, CrowdParts: 120, FlushAway: time.Second,
		BlockRows: 25_000, BlockBytes: 64 << 20, RoomBytes: 192 << 20,
		InsertPatience: 10 * time.Second, SpillTimeout: 10 * time.Second, LookupTimeout: 5 * time.Second,
		PublishTimeout: 2 * time.Second, OutcomeInterval: 2 * time.Second, StopTimeout: 8 * time.Second,
		RepairBlocks: 16, RecentEvents: 200_000, ResendAge: 3 * time.Second, KnownFingerprints: 200_000, Limits: normalize.DefaultLimits(),
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.FlushMin <= 0 || c.FlushMax < c.FlushMin:
		return fmt.Errorf("ingest: flush interval from %v to %v makes no sense", c.FlushMin, c.FlushMax)
	case c.FlushAway <= 0:
		return fmt.Errorf("ingest: blocks for the disk cannot fill up for %v", c.FlushAway)
	case c.FlushBrisk <= 0:
		return fmt.Errorf("ingest: no interval is as short as %v", c.FlushBrisk)
	case c.FlushShare < 1:
		return fmt.Errorf("ingest: flush share %d is below 1", c.FlushShare)
	case c.HurryParts < 0 || c.CrowdParts < max(c.HurryParts, 1):
		return fmt.Errorf("ingest: a store that is crowded with %d parts, and can be hurried with %d, makes no sense", c.CrowdParts, c.HurryParts)
	case c.BlockRows < 1 || c.BlockBytes < 1:
		return fmt.Errorf("ingest: a block of %d rows and %d bytes holds nothing", c.BlockRows, c.BlockBytes)
	case c.RoomBytes < 1<<20:
		return fmt.Errorf("ingest: room of %d bytes is too small, give at least 1 MiB", c.RoomBytes)
	case min(c.InsertPatience, c.SpillTimeout, c.LookupTimeout, c.PublishTimeout, c.OutcomeInterval, c.StopTimeout) <= 0:
		return errors.New("ingest: every time-out must be positive")
	case c.RepairBlocks < 0:
		return fmt.Errorf("ingest: %d blocks cannot be repaired", c.RepairBlocks)
	case c.ResendAge < 0:
		return fmt.Errorf("ingest: no event is younger than %v", c.ResendAge)
	case c.RecentEvents < 1 || c.KnownFingerprints < 1:
		return errors.New("ingest: nothing can be remembered in no room")
	}
	return nil
}
