package ingest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// block is what one insert stores.
type block struct {
	// What the writer's lock guards until the block is due:
	count   int // of the events that have a place in it
	bytes   int64
	flights []*flight      // of their batches
	coming  sync.WaitGroup // for batches that have a place in it and are not in yet
	began   time.Time      // when it got its first batch, and
	latest  time.Time      // its last one
	resent  bool           // of events that may be in the store or in the spill: goes to the spill

	mu    sync.Mutex
	rows  Rows // nil: freed
	in    int  // events that are in rows
	ids   *xxh3.Hasher
	found gathering

	news   news
	result outcome.Result
	kept   bool // in the spill: announced when it is drained
}

// put adds the events of a batch that has its place.
func (b *block) put(a *announcer, who *interest, events []*event.Occurrence) {
	defer b.coming.Done()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range events {
		if !b.resent {
			a.note(&b.found, who, o)
		}
		b.rows.Append(o)
		identify(b.ids, o)
		b.in++
	}
}

// free lets go of the events.
func (b *block) free() {
	if b.rows != nil {
		b.rows.Free()
		b.rows = nil
	}
}

// identify adds an event to what tells a block from others.
func identify(h *xxh3.Hasher, o *event.Occurrence) {
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], o.ProjectID)
	h.Write(p[:])
	h.Write(o.Event.ID[:])
}

// token names the block by what it holds, so that the same events in the same order are
// stored once.
func (b *block) token() string {
	sum := b.ids.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

// name is the token of a block that is inserted for the first time. Names sort by that
// time.
func (b *block) name(now time.Time) string { return nameBefore(now) + b.token() }

// nameBefore is what the names of blocks begin with that are inserted at a time.
func nameBefore(now time.Time) string { return fmt.Sprintf("%016x-", now.UnixNano()) }

// size estimates what an event takes in memory, before it is in a block.
func size(o *event.Occurrence) int64 {
	e := o.Event
	n := int(unsafe.Sizeof(*o)) + int(unsafe.Sizeof(*e)) + len(o.Title) + len(o.Culprit) +
		len(e.Message.Template) + len(e.Message.Formatted) + len(e.Transaction) + len(e.Extra) +
		len(e.Request.URL) + len(e.Request.Query) + len(e.Request.Cookies) + len(e.Request.Body) +
		tagBytes(e.Tags) + tagBytes(e.Modules) + tagBytes(e.User.Data) + tagBytes(e.Request.Headers) + tagBytes(e.Request.Env)
	if len(e.Exceptions) == 0 || e.Exceptions[0].Stack.Shared == 0 { // otherwise all that have the stack share them
		for i := range o.Parts {
			n += int(unsafe.Sizeof(o.Parts[i])) + len(o.Parts[i].Value) + len(o.Parts[i].Source)
		}
	}
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		n += int(unsafe.Sizeof(*x)) + len(x.Type) + len(x.Value) + len(x.Module) + len(x.Mechanism.Data) + stackBytes(&x.Stack)
	}
	for i := range e.Threads {
		n += int(unsafe.Sizeof(e.Threads[i])) + len(e.Threads[i].Name) + stackBytes(&e.Threads[i].Stack)
	}
	for i := range e.Breadcrumbs {
		b := &e.Breadcrumbs[i]
		n += int(unsafe.Sizeof(*b)) + len(b.Category) + len(b.Message) + len(b.Data)
	}
	for i := range e.Contexts {
		n += int(unsafe.Sizeof(e.Contexts[i])) + len(e.Contexts[i].Name) + len(e.Contexts[i].Data)
	}
	n += len(e.DebugImages)*int(unsafe.Sizeof(event.DebugImage{})) + len(e.Attachments)*int(unsafe.Sizeof(event.Attachment{})) +
		len(e.Flags)*int(unsafe.Sizeof(event.Flag{}))
	return int64(n)
}

func tagBytes(tags []event.Tag) int {
	n := len(tags) * int(unsafe.Sizeof(event.Tag{}))
	for i := range tags {
		n += len(tags[i].Key) + len(tags[i].Value)
	}
	return n
}

func stackBytes(s *event.Stacktrace) int {
	if s.Shared != 0 {
		return 0
	}
	n := len(s.Frames) * int(unsafe.Sizeof(event.Frame{}))
	for i := range s.Frames {
		f := &s.Frames[i]
		n += len(f.Function) + len(f.Module) + len(f.Filename) + len(f.AbsPath) + len(f.ContextLine) + len(f.Vars)
		for _, line := range f.PreContext {
			n += 16 + len(line)
		}
		for _, line := range f.PostContext {
			n += 16 + len(line)
		}
	}
	return n
}
