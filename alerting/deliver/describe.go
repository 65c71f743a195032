package deliver

import (
	"context"
	"log/slog"
	"time"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/view"
)

// Workflow knows projects and what is written down about issues.
type Workflow interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	Issue(ctx context.Context, id issue.ID) (issue.Record, error)
}

// Stored knows events and the counts of issues.
type Stored interface {
	EventOf(ctx context.Context, e event.Summary) (*event.Occurrence, bool, error)
	IssueCounts(ctx context.Context, id issue.ID) (view.IssueCounts, bool, error)
}

// lookUp bounds how long a notification waits for what is only nice to know.
const lookUp = 2 * time.Second

// Facts is the Describer that looks into the stores. A store that does not answer makes a
// notification poorer, never later by much.
type Facts struct {
	Workflow Workflow
	Stored   Stored
	Logger   *slog.Logger // nil: slog's default
}

// Describe implements Describer.
func (f Facts) Describe(ctx context.Context, d rule.Delivery) notify.Alert {
	ctx, cancel := context.WithTimeout(ctx, lookUp)
	defer cancel()
	a := notify.Alert{
		DeliveryID: d.ID, Recipient: d.Recipient, RuleID: d.RuleID, RuleName: d.RuleName, Trigger: d.Trigger,
		IssueID: d.IssueID, ShortID: d.ShortID, Event: d.Event,
	}
	f.fromWorkflow(ctx, d, &a)
	f.fromStored(ctx, d, &a)
	return a
}

func (f Facts) fromWorkflow(ctx context.Context, d rule.Delivery, a *notify.Alert) {
	p, err := f.Workflow.Project(ctx, d.ProjectID)
	if err != nil {
		f.missing("project", d, err)
		return
	}
	a.Project = notify.Project{Slug: p.Slug, Name: p.Name}
	rec, err := f.Workflow.Issue(ctx, d.IssueID)
	if err != nil {
		f.missing("issue", d, err)
		return
	}
	a.State = rec.State
	a.ShortID = issue.ShortID(p.Slug, rec.Number)
}

func (f Facts) fromStored(ctx context.Context, d rule.Delivery, a *notify.Alert) {
	counts, found, err := f.Stored.IssueCounts(ctx, d.IssueID)
	if err != nil {
		f.missing("counts", d, err)
		return
	}
	if found {
		a.HasTotals = true
		a.Totals = notify.Totals(counts)
	}
	o, found, err := f.Stored.EventOf(ctx, d.Event)
	if err != nil {
		f.missing("event", d, err)
		return
	}
	if found {
		a.Value, a.Where = value(o.Event), where(o.Event)
	}
}

func (f Facts) missing(what string, d rule.Delivery, err error) {
	log := f.Logger
	if log == nil {
		log = slog.Default()
	}
	log.Debug("a notification has to do without something", "what", what, "delivery", d.ID, "error", err)
}

// value is the text of what was thrown, or the message.
func value(e *event.Event) string {
	if len(e.Exceptions) > 0 {
		return e.Exceptions[0].Value
	}
	return e.Message.Text()
}

// where is the last call in the program's own code, else the last call that is known.
func where(e *event.Event) notify.Frame {
	var last notify.Frame
	for _, x := range e.Exceptions {
		for i := len(x.Stack.Frames) - 1; i >= 0; i-- {
			f := place(x.Stack.Frames[i])
			if x.Stack.Frames[i].InApp == event.InAppYes {
				return f
			}
			if last.IsZero() {
				last = f
			}
		}
	}
	return last
}

func place(f event.Frame) notify.Frame {
	p := notify.Frame{Function: f.Function, File: f.Filename, Line: f.Line, Source: f.ContextLine}
	if f.Module != "" && f.Function != "" {
		p.Function = f.Module + "." + f.Function
	}
	if p.File == "" {
		p.File = f.AbsPath
	}
	return p
}
