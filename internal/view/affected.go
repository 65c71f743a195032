package view

import (
	"errors"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// ErrFixed is returned by a store that cannot change events that are stored.
var ErrFixed = errors.New("stored events cannot be changed here")

// AffectedRequest selects the events of a project that an upload may explain: those whose
// debug images name one of its ids, and those of scripts of its release and distribution.
type AffectedRequest struct {
	ProjectID uint32
	DebugIDs  []string // 32 lower-case hexadecimal digits each
	Release   string   // empty: by id only
	Dist      string
	Since     time.Time
	Received  time.Time     // only events that arrived since; zero: all
	After     AffectedPlace // only events behind it
	Limit     int
}

// AffectedPlace is a place among affected events, which come issue by issue and then by time.
// The zero value is before all.
type AffectedPlace struct {
	Fingerprint event.Fingerprint
	Timestamp   time.Time
	EventID     event.ID
}

// Move says that events stored under a fingerprint count under another.
type Move struct {
	From, To event.Fingerprint
	Parts    []event.Part // what made the fingerprint they are moved to
}

// MovableRequest selects the events of a project that count under a fingerprint, or that
// a regrouping moved away from it.
type MovableRequest struct {
	ProjectID   uint32
	Regrouping  string
	Fingerprint event.Fingerprint
	Since       time.Time
	Received    time.Time     // only events that arrived since; zero: all
	After       AffectedPlace // only events behind it; its fingerprint is that of rows
	Limit       int
}

// Movable is an event, as far as it decides about grouping, with the fingerprint of its
// row and what it was moved to, which may be nothing.
type Movable struct {
	*event.Occurrence
	Moved event.Fingerprint
}
