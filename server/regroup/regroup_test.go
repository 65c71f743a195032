package regroup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/group"
	"github.com/faultline-dev/faultline/server/group/rules"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/regroup"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// place is a laboratory over real stores.
type place struct {
	*regroup.Service
	t      testing.TB
	events *clickhouse.Store
	meta   *meta.Store
	web    project.Project
	owner  project.Access
	told   int
	stored int
}

// SettingsChanged and Flush count what is told.
func (p *place) SettingsChanged(context.Context, uint32) error { p.told++; return nil }
func (p *place) Flush(context.Context) error                   { return nil }

func newPlace(t *testing.T, cfg regroup.Config) *place {
	t.Helper()
	t.Parallel()
	return openPlace(t, cfg)
}

// openPlace is newPlace for benchmarks too.
func openPlace(t testing.TB, cfg regroup.Config) *place {
	t.Helper()
	p := &place{t: t}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db := enginetest.Start(t)
	settings := clickhouse.DefaultConfig()
	settings.Address, settings.Secret, settings.Database = db.Addr, db.Secret, db.Name
	var err error
	p.events, err = clickhouse.Open(t.Context(), settings)
	check(err)
	t.Cleanup(func() { p.events.Close() })
	check(p.events.Migrate(t.Context()))
	p.meta, err = meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	check(err)
	t.Cleanup(func() { p.meta.Close() })
	check(p.meta.Migrate(t.Context()))
	_, err = p.meta.EnsureOrganization(t.Context(), project.Organization{ID: "acme", Name: "Acme"})
	check(err)
	p.web, err = p.meta.CreateProject(t.Context(), project.Project{OrganizationID: "acme", Slug: "web", Name: "Web", Settings: project.DefaultSettings()})
	check(err)
	p.owner = project.Access{OrganizationID: "acme", Member: project.Member{Email: "ada@example.com"}, Scopes: project.Scopes()}
	p.Service, err = regroup.New(cfg, regroup.Parts{Events: p.events, Records: p.meta, Regroup: p.meta, Flush: p, Announce: p})
	check(err)
	return p
}

// failure is an event as it comes to grouping.
func failure(kind, value, function, tag string) *event.Event {
	return &event.Event{
		Platform: "python", Level: event.LevelError, Tags: []event.Tag{{Key: "region", Value: tag}},
		Exceptions: []event.Exception{{Type: kind, Value: value, Stack: event.Stacktrace{Frames: []event.Frame{
			{Function: "handle", Module: "shop.views", Filename: "shop/views.py", AbsPath: "/app/shop/views.py", Line: 10, InApp: event.InAppYes, ContextLine: "return " + function + "()", Vars: event.Object(`{"a":1}`)},
			{Function: function, Module: "shop.db", Filename: "shop/db.py", AbsPath: "/app/shop/db.py", Line: 20, InApp: event.InAppYes, ContextLine: "raise " + kind},
		}}}},
	}
}

// store groups events by the rules of the project, as ingest does, and stores them.
func (p *place) store(events ...*event.Event) []issue.ID {
	p.t.Helper()
	home, err := p.meta.Project(p.t.Context(), p.web.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := group.NewRules(home.Settings.FingerprintRules, home.Settings.StackRules)
	if err != nil {
		p.t.Fatal(err)
	}
	var batch []*event.Occurrence
	var ids []issue.ID
	now := time.Now().UTC().Truncate(time.Millisecond)
	for _, e := range events {
		p.stored++
		e.ID = event.ID{byte(p.stored), byte(p.stored >> 8), 1}
		e.Timestamp = now.Add(-time.Hour + time.Duration(p.stored)*time.Second)
		normalize.Event(e, normalize.Options{ReceivedAt: now, Limits: normalize.DefaultLimits()})
		g := r.Event(e)
		batch = append(batch, &event.Occurrence{
			ProjectID: p.web.ID, ReceivedAt: now, RetentionDays: 30, Event: e,
			Fingerprint: g.Fingerprint, Parts: g.Parts, Title: g.Title, Culprit: g.Culprit,
		})
		ids = append(ids, issue.ID{ProjectID: p.web.ID, Fingerprint: g.Fingerprint})
	}
	if err := p.events.Insert(p.t.Context(), fmt.Sprintf("block-%d", p.stored), batch); err != nil {
		p.t.Fatal(err)
	}
	for _, o := range batch {
		id := issue.ID{ProjectID: p.web.ID, Fingerprint: o.Fingerprint}
		if p.shows(id) != id {
			continue // triage would move the issue it is merged into
		}
		if _, _, err := p.meta.EnsureIssue(p.t.Context(), issue.Record{
			ID: id, Title: o.Title, Culprit: o.Culprit, FirstSeen: now, State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew, Since: now},
		}); err != nil {
			p.t.Fatal(err)
		}
	}
	return ids
}

// shows is the issue that a fingerprint counts for.
func (p *place) shows(id issue.ID) issue.ID {
	p.t.Helper()
	merges, err := p.meta.Merges(p.t.Context(), id.ProjectID)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range merges {
		if m.From == id && !m.Undone {
			return m.Into
		}
	}
	return id
}

// events of an issue, as lists show them.
func (p *place) count(id issue.ID) uint64 {
	p.t.Helper()
	row, found, err := p.events.Issue(p.t.Context(), id, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	if !found || row.Record.ID != id {
		return 0
	}
	return row.Events
}

func repeat(n int, e func() *event.Event) []*event.Event {
	var list []*event.Event
	for range n {
		list = append(list, e())
	}
	return list
}

func TestRulesAreTriedAppliedAndTakenBack(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	ctx := t.Context()
	a := p.store(repeat(3, func() *event.Event { return failure("TimeoutError", "x", "connect", "eu") })...)[0]
	b := p.store(repeat(2, func() *event.Event { return failure("TimeoutError", "x", "query", "eu") })...)[0]
	c := p.store(append(
		repeat(4, func() *event.Event { return failure("KeyError", "x", "look", "eu") }),
		failure("KeyError", "x", "look", "us"))...)[0]
	d := p.store(failure("ValueError", "x", "parse", "eu"))[0]
	e := p.store(failure("OSError", "x", "open", "eu"))[0]

	trial := "error.type:TimeoutError -> timeout\nerror.type:KeyError -> {{ default }}, {{ tags.region }}\nerror.type:OSError -> disk title=\"Disk\""
	v, err := p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &trial})
	if err != nil {
		t.Fatal(err)
	}
	merges, n := v.Merges()
	if v.Events != 12 || v.Looked != 12 || v.Stopped != "" || v.Otherwise != 0 || v.Issues() != 5 || v.Staying() != 1 || v.Renamed() != 1 || n != 1 {
		t.Fatalf("%+v: %d issues, %d stay, %d renamed, %d merges", v, v.Issues(), v.Staying(), v.Renamed(), n)
	}
	if m := merges[0]; m.Into.ID != a || m.Into.ShortID != "WEB-1" || m.Into.Events != 3 || m.Count != 1 || m.From[0].ID != b || m.From[0].Events != 2 {
		t.Fatalf("%+v", m)
	}
	splits, n := v.Splits()
	if n != 1 || splits[0].Issue.ID != c || splits[0].Count != 2 || splits[0].Parts[0].Events != 4 || splits[0].Parts[0].Joins.ID != c || splits[0].Parts[1].Joins != nil {
		t.Fatalf("%+v", splits)
	}

	// Nothing happened so far; then all of it does, and nobody is told of anything new.
	if p.shows(b) != b || p.told != 0 {
		t.Fatal("a preview changed something")
	}
	told, err := p.meta.Outbox(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	r, now, err := p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &trial}, "", p.web.Version)
	if err != nil || r.Merged != 1 || r.Split != 1 || r.Renamed != 1 || r.Name != "1 issue merged, 1 issue split" || now.Settings.FingerprintRules != trial || p.told != 1 {
		t.Fatal(r, now, err)
	}
	if p.shows(b) != a || p.count(a) != 5 || p.count(b) != 0 || p.count(c) != 5 {
		t.Fatal("the past does not follow", p.count(a), p.count(b), p.count(c))
	}
	after, err := p.meta.Outbox(ctx, 100)
	if err != nil || len(after) != len(told)+1 || after[len(told)].Change.From != issue.Unresolved {
		t.Fatal(after, err)
	}
	f := p.store(failure("TimeoutError", "x", "anywhere", "eu"), failure("KeyError", "x", "look", "eu"), failure("KeyError", "x", "look", "us"), failure("OSError", "x", "open", "eu"))
	if p.shows(f[0]) != a || p.shows(f[1]) != c || p.shows(f[2]) != f[2] || p.shows(f[3]) != e || p.count(a) != 6 || p.count(c) != 6 || p.count(f[2]) != 1 || p.count(e) != 2 {
		t.Fatal("new events do not follow", p.count(a), p.count(c), p.count(f[2]), p.count(e))
	}
	if _, _, err := p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &trial}, "", p.web.Version); !errors.Is(err, project.ErrChanged) {
		t.Fatal(err)
	}

	list, err := p.List(ctx, p.owner, p.web.ID)
	if err != nil || len(list) != 1 || list[0].ID != r.ID {
		t.Fatal(list, err)
	}
	done, now, err := p.Undo(ctx, p.owner, p.web.ID, r.ID)
	if err != nil || done.Separated != 1 || !done.RulesRestored || now.Settings.FingerprintRules != "" {
		t.Fatal(done, now, err)
	}
	// What came meanwhile stays with the issue it was counted for.
	if p.shows(b) != b || p.count(a) != 4 || p.count(b) != 2 || p.count(d) != 1 || p.count(e) != 2 {
		t.Fatal("the past is not back", p.count(a), p.count(b))
	}
}

func TestWhatARuleMeetsHalfWay(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	ctx := t.Context()
	// Rules that were there before: today's grouping is no change.
	old := "error.type:TimeoutError -> timeout"
	home := p.web
	home.Settings.FingerprintRules = old
	if _, err := p.meta.UpdateProject(ctx, home); err != nil {
		t.Fatal(err)
	}
	a := p.store(failure("TimeoutError", "x", "connect", "eu"), failure("TimeoutError", "x", "query", "eu"))[0]
	b := p.store(failure("KeyError", "x", "look", "eu"))[0]
	none := ""
	v, err := p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &none})
	if err != nil {
		t.Fatal(err)
	}
	splits, n := v.Splits()
	if n != 1 || splits[0].Issue.ID != a || splits[0].Count != 2 || v.Staying() != 1 {
		t.Fatalf("%+v", splits)
	}
	// A new rule that leads into an issue there is.
	join := old + "\nerror.type:KeyError -> timeout"
	v, err = p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &join})
	if err != nil {
		t.Fatal(err)
	}
	merges, n := v.Merges()
	if n != 1 || merges[0].Into.ID != a || merges[0].From[0].ID != b {
		t.Fatalf("%+v", merges)
	}
	// The same rules change nothing.
	if v, err = p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{}); err != nil || v.Staying() != 2 {
		t.Fatal(v.Staying(), err)
	}
	// Stack-trace rules decide too, and do not see what the other try wrote into the frames.
	stacks := "stack.function:connect -app\nstack.function:query -app"
	v, err = p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &none, Stacks: &stacks})
	if err != nil {
		t.Fatal(err)
	}
	if splits, n = v.Splits(); n != 1 || splits[0].Issue.ID != a {
		t.Fatalf("%+v", splits)
	}
}

func TestPreviewsSayWhatTheyDidNotLookAt(t *testing.T) {
	p := newPlace(t, regroup.Config{Events: 4, Timeout: time.Minute, AtOnce: 1})
	p.store(repeat(9, func() *event.Event { return failure("TimeoutError", "x", "connect", "eu") })...)
	p.store(repeat(3, func() *event.Event { return failure("TimeoutError", "x", "query", "eu") })...)
	v, err := p.Preview(t.Context(), p.owner, p.web.ID, regroup.Trial{})
	if err != nil || v.Events != 12 || v.Looked != 4 || v.Stopped != "limit" || v.Issues() != 2 {
		t.Fatal(v, err)
	}
}

func TestTimeEndsAPreview(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	p.store(failure("TimeoutError", "x", "connect", "eu"))
	hasty, err := regroup.New(regroup.Config{Events: 10, Timeout: 1, AtOnce: 1}, regroup.Parts{Events: p.events, Records: p.meta, Regroup: p.meta, Flush: p, Announce: p})
	if err != nil {
		t.Fatal(err)
	}
	v, err := hasty.Preview(t.Context(), p.owner, p.web.ID, regroup.Trial{})
	if err != nil || v.Stopped != "time" || v.Looked != 0 {
		t.Fatal(v, err)
	}
}

func TestWhoMayAndWhatIsWrong(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	ctx := t.Context()
	f := func(want error, do func() error) {
		t.Helper()
		if err := do(); !errors.Is(err, want) {
			t.Error(err)
		}
	}
	viewer := p.owner
	viewer.Scopes = project.RoleViewer.Scopes()
	stranger := p.owner
	stranger.OrganizationID = "other"
	ok, bad := "", "error.type:X ->\nnonsense:1 -> x"
	f(project.ErrUnauthenticated, func() error { return p.Check(ctx, project.Access{}, p.web.ID, regroup.Trial{}) })
	f(project.ErrNotFound, func() error { return p.Check(ctx, stranger, p.web.ID, regroup.Trial{}) })
	f(project.ErrForbidden, func() error {
		_, _, err := p.Apply(ctx, viewer, p.web.ID, regroup.Trial{Stacks: &ok}, "", 0)
		return err
	})
	f(project.ErrForbidden, func() error { _, _, err := p.Undo(ctx, viewer, p.web.ID, "x"); return err })
	f(project.ErrNotFound, func() error { _, _, err := p.Undo(ctx, p.owner, p.web.ID, "x"); return err })
	f(project.ErrInvalid, func() error {
		_, err := p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Days: 91})
		return err
	})
	var wrong *rules.Mistakes
	if err := p.Check(ctx, viewer, p.web.ID, regroup.Trial{Fingerprints: &bad, Stacks: &bad}); !errors.As(err, &wrong) || !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
	if len(wrong.Fingerprints) != 2 || wrong.Fingerprints[1].Line != 2 || wrong.Fingerprints[1].Column != 1 || len(wrong.Stacks) == 0 {
		t.Fatal(wrong)
	}
}
