package ingest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// block is what one insert stores.
type block struct {
	events  []*event.Occurrence
	bytes   int64
	flights []*flight // of the batches in it
	began   time.Time // when it got its first event
	news    news
	result  outcome.Result
	kept    bool // in the spill: announced when it is drained
	resent  bool // of events that may be in the store or in the spill: goes to the spill
}

// token names the block by what it holds, so that the same events in the same
// order are stored once.
func token(events []*event.Occurrence) string {
	h := xxh3.New()
	var p [4]byte
	for _, o := range events {
		binary.LittleEndian.PutUint32(p[:], o.ProjectID)
		h.Write(p[:])
		h.Write(o.Event.ID[:])
	}
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

// blockName is the token of a block that is inserted for the first time. Names sort by
// that time.
func blockName(events []*event.Occurrence, now time.Time) string {
	return nameBefore(now) + token(events)
}

// nameBefore is what the names of blocks begin with that are inserted at a time.
func nameBefore(now time.Time) string { return fmt.Sprintf("%016x-", now.UnixNano()) }

// size estimates what an event takes in memory.
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
