// Package query holds the use-cases of reading issues and events and of working
// on issues: lists, one issue, one event, counts, the live tail, and changing
// status, assignee and merges.
//
// Every call takes the caller's project.Access and answers only about projects of
// the caller's organization: anything else does not exist (project.ErrNotFound).
// It names no protocol and no technology, and it decides nothing about the
// workflow: what a command does to an issue is in internal/issue.
package query

import (
	"context"
	"log/slog"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// IssueReader reads issues with their counts.
type IssueReader interface {
	// Issues returns at most r.Limit issues, and whether there are more.
	Issues(ctx context.Context, r view.IssuesRequest) (rows []view.IssueRow, more bool, err error)
	// Issue returns one issue with its counts of all time; false if it has no events.
	Issue(ctx context.Context, id issue.ID, buckets int) (view.IssueRow, bool, error)
}

// IssueDetails reads what stands beside an issue.
type IssueDetails interface {
	// IssueTrend counts the events of an issue in equal parts of a range, oldest first.
	IssueTrend(ctx context.Context, id issue.ID, r view.Range, buckets int) ([]uint64, error)
	// IssueTags returns the most frequent tags and their values.
	IssueTags(ctx context.Context, id issue.ID) ([]view.TagDistribution, error)
}

// EventReader reads events.
type EventReader interface {
	// Events returns at most r.Limit events, newest first.
	Events(ctx context.Context, r view.EventsRequest) ([]event.Summary, error)
	// Locate finds an event by its id: its own fingerprint and its time; false if there is none.
	Locate(ctx context.Context, projectID uint32, id event.ID) (issue.ID, view.Cursor, bool, error)
	// EventAt returns the event that Locate found; false if it is there no more.
	EventAt(ctx context.Context, in issue.ID, at view.Cursor) (*event.Occurrence, bool, error)
	// Neighbours returns the events of an issue around a position, and its ends.
	Neighbours(ctx context.Context, id issue.ID, at view.Cursor) (view.Neighbours, error)
}

// Counter counts events.
type Counter interface {
	// Explore counts events in total, over time, and by one field.
	Explore(ctx context.Context, r view.ExploreRequest) (view.Exploration, error)
	// Outcomes counts what became of events, with the start of each bucket.
	Outcomes(ctx context.Context, r view.OutcomesRequest) ([]view.OutcomeSeries, []time.Time, error)
}

// MergeMirror is told which fingerprints count as which issue.
type MergeMirror interface {
	// PutMerges must take the same merge twice, and keep the one with the highest version.
	PutMerges(ctx context.Context, merges []issue.Merge) error
}

// EventStore is the store of events.
type EventStore interface {
	IssueReader
	IssueDetails
	EventReader
	Counter
	MergeMirror
}

// Projects knows projects and members.
type Projects interface {
	// Project returns a project, or project.ErrNotFound.
	Project(ctx context.Context, id uint32) (project.Project, error)
	// ProjectBySlug returns a project of an organization, or project.ErrNotFound.
	ProjectBySlug(ctx context.Context, organizationID, slug string) (project.Project, error)
	// MemberByEmail returns a member of any organization, or project.ErrNotFound.
	MemberByEmail(ctx context.Context, email string) (project.Member, error)
}

// Organization knows what belongs to an organization.
type Organization interface {
	// Projects returns the projects of an organization, in any order.
	Projects(ctx context.Context, organizationID string) ([]project.Project, error)
}

// Records reads the workflow of issues.
type Records interface {
	// IssueByNumber returns the issue with a number in a project, or project.ErrNotFound.
	IssueByNumber(ctx context.Context, projectID uint32, number uint64) (issue.Record, error)
	// Issues returns those of the issues that exist.
	Issues(ctx context.Context, ids []issue.ID) (map[issue.ID]issue.Record, error)
	// Activities returns the history of an issue, newest first.
	Activities(ctx context.Context, id issue.ID, limit, offset int) ([]issue.Activity, error)
}

// Changer changes the workflow of issues.
type Changer interface {
	// EnsureIssue makes an issue unless it exists.
	EnsureIssue(ctx context.Context, rec issue.Record) (issue.Record, bool, error)
	// ChangeIssues changes all issues or none, and returns them in the order of ids.
	ChangeIssues(ctx context.Context, ids []issue.ID, decide func(issue.Record) (issue.Record, []issue.Activity, error)) ([]issue.Record, error)
}

// Merger merges issues.
type Merger interface {
	// Merge makes issues count as another, or undoes that, and returns what changed.
	Merge(ctx context.Context, into issue.ID, from []issue.ID, undo bool, actor string, at time.Time) ([]issue.Merge, error)
	// Merges returns every merge of a project, undone ones included.
	Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error)
}

// IssueStore is the store of everything that people decide.
type IssueStore interface {
	Organization
	Projects
	Records
	Changer
	Merger
}

// Tailer shows events as they are stored.
type Tailer interface {
	// SubscribeTail calls fn with each event of a project, one at a time, until ctx
	// ends or stop is called. fn must not block.
	SubscribeTail(ctx context.Context, projectID uint32, fn func(event.Summary)) (stop func(), err error)
}

// Flusher brings committed changes of issues into the store of events.
type Flusher interface {
	// Flush returns when the changes committed before it are visible in lists. A
	// failure only means that they become so later.
	Flush(ctx context.Context) error
}

// Announcer tells the other parts that what they keep of a project is out of date.
type Announcer interface {
	// SettingsChanged must not wait for anybody.
	SettingsChanged(ctx context.Context, projectID uint32) error
}

// Parts are what the use-cases are made of.
type Parts struct {
	Events    EventStore
	Issues    IssueStore
	Tail      Tailer
	Flush     Flusher
	Announce  Announcer
	Health    Health
	Log       *slog.Logger
	Now       func() time.Time // nil: time.Now
	Heartbeat time.Duration    // of a tail without events; 0: 15 s

	Attachments Attachments // nil: none are kept
}

// Service answers questions about issues and events. It is safe for concurrent
// use.
type Service struct{ Parts }

// New makes a service of its parts.
func New(p Parts) *Service {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Heartbeat == 0 {
		p.Heartbeat = 15 * time.Second
	}
	return &Service{p}
}

// now is the time in the resolution of stored events.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
