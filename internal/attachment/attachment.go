// Package attachment holds the words of files that belong to events: screenshots,
// logs, minidumps. It knows no store and no protocol.
package attachment

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Minidump is the type of a file that a crash reporter wrote.
const Minidump = "event.minidump"

// Plain is the type of a file of which nothing else is told.
const Plain = "event.attachment"

// Incoming is a file as it arrives.
type Incoming struct {
	Name        string
	ContentType string
	Type        string
	Content     string
}

// File is what is known of a file. Its bytes are elsewhere, under their checksum.
type File struct {
	ID          string
	ProjectID   uint32
	EventID     event.ID
	Name        string
	ContentType string
	Type        string
	Size        int64
	Checksum    string // SHA-1 in hexadecimal digits; empty: the bytes are not kept
	LeftOut     Reason // why they are not
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
}

// Reason says why the bytes of a file are not kept; empty if they are.
type Reason string

// The reasons. Those that end in bytes or files name the limit that was reached.
const (
	ItemBytes  Reason = "attachment_item_bytes"   // the file is too large
	EventBytes Reason = "attachment_event_bytes"  // the files of its event are, together
	EventFiles Reason = "attachment_event_files"  // its event has too many
	DayBytes   Reason = "attachment_day_bytes"    // those of its project are, on this day
	NoEvent    Reason = "attachment_no_event"     // nothing says which event it belongs to
	Failed     Reason = "attachment_store_failed" // it could not be written
)
