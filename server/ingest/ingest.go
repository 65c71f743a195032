// Package ingest takes events from every protocol, runs them through the stages,
// stores them in blocks and says what became of each. Pipeline is the whole way in
// one function; the writer beside it turns many small batches into few large
// blocks.
//
// It keeps three promises: n events in, n outcomes out; an acknowledged event is in
// the store or in the spill on disk, never only in memory; and nothing in here grows
// without a bound. It refuses to know a protocol, a store or a bus by name, and it
// decides nothing about an issue.
package ingest

import (
	"context"
	"iter"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Rows are events that will be one block in the store, in the form that the store takes.
//
// Append must refer to nothing of the event afterwards, because its memory is to be free
// while it waits. Insert must store all events as one block or none, and must store the
// same events under the same token once, however often it is called; when it returns nil,
// the next query must find them, and the outcomes must count each as stored. It may retry
// until the context ends. An error that may pass has a method Retryable() bool that says
// so. All must give equal events, in the order in which they were appended. Free ends the
// use. One goroutine at a time calls them.
type Rows interface {
	Append(o *event.Occurrence)
	Insert(ctx context.Context, token string) error
	All() iter.Seq2[*event.Occurrence, error]
	Free()
}

// Store keeps events and outcomes. InsertOutcomes, for events that are not stored, is like
// Rows.Insert. Complete must make whole what a crash during an insert left half done of a
// block, and must change nothing of a block that is whole or not there.
type Store interface {
	Complete(ctx context.Context, token string) error
	InsertOutcomes(ctx context.Context, token string, counts []outcome.Count) error
}

// Index knows what the store holds: which of these events of a project,
// which of these issues by their own fingerprints, the tokens of so many
// newest blocks among those below one, the newest first, and in how many parts
// it keeps the events of a week at most, which grows when it cannot merge as
// fast as blocks come.
type Index interface {
	Existing(ctx context.Context, projectID uint32, ids []event.ID) (map[event.ID]struct{}, error)
	Known(ctx context.Context, issues []issue.ID) (map[issue.ID]struct{}, error)
	Newest(ctx context.Context, below string, limit int) ([]string, error)
	Parts(ctx context.Context) (int, error)
}

// Spill keeps blocks on disk while the store is away.
//
// When Spill returns nil, the block must survive the end of the process; an event that comes
// with an error makes it fail. DrainSpill
// must hand over blocks in the order in which they were spilled, each until insert
// returns nil, and must return when the context ends. It must tell insert whether the
// block may have been handed over before, to a process that ended. SpillPending tells what waits,
// and whether this process put all of it there, as far as it is known.
type Spill interface {
	Spill(ctx context.Context, token string, events iter.Seq2[*event.Occurrence, error]) error
	DrainSpill(ctx context.Context, insert func(ctx context.Context, token string, again bool, events []*event.Occurrence) error) error
	SpillPending(ctx context.Context) (messages, bytes uint64, own bool, err error)
}

// Publisher tells the other parts of what was stored. Telling the same twice must do
// no harm.
type Publisher interface {
	FirstSeen(ctx context.Context, events []event.Summary) error
	Hit(ctx context.Context, events []event.Summary) error
	Critical(ctx context.Context, e event.Summary, ruleIDs []string) error
}

// Tail shows events to people who watch a project live. Neither method may block.
type Tail interface {
	TailWanted(projectID uint32) bool
	Tail(e event.Summary)
}

// Symbols explains the frames of minified code in place. It must cost next to nothing
// for events that it does not concern, must not change what events share, and must
// leave an event as it is when it cannot do its work in a moment.
type Symbols interface {
	Event(projectID uint32, e *event.Event)
}

// Directory knows projects. It answers from memory in the usual case; what it
// returns must not be changed by anybody.
type Directory interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	Watch(ctx context.Context, projectID uint32) (map[event.Fingerprint]struct{}, error)
	Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error)
}
