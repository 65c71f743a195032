//go:build e2e

package sentry

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// flask is a site in Flask with logging, a thread and tasks of asyncio.
func flask(t *testing.T, s *instance.Server) {
	p := lab.NewProject(t, s)
	dir := lab.Python("sentry-flask", "flask", "web.py").Prepare(t)
	p.Run(&struct{}{}, nil, filepath.Join(dir, "venv/bin/python"), filepath.Join(dir, "web.py"))
	if n := len(p.Issues("")); n != 4 {
		t.Errorf("%d issues", n)
	}
	inRequest(t, p)
	low := p.Events("stock")
	if len(low) != 2 || low[0].IssueID != low[1].IssueID || low[0].Event.Logger != "shop.stock" || low[0].Event.Message == nil || low[0].Event.Message.Template != "stock of %s is low" {
		t.Errorf("two records of one call are %+v", low)
	}
	parcel := p.Only("parcel")
	x := parcel.Event.Exceptions[0]
	if parcel.Title != "RuntimeError: parcel 7 is too heavy" || x.Stacktrace.Last().Function != "pack" || x.Mechanism.Type != "threading" || x.Mechanism.Handled == nil || *x.Mechanism.Handled {
		t.Errorf("%q: %+v", parcel.Title, x)
	}
	tour := p.Only("TaskGroup")
	var members []string
	for _, m := range tour.Event.Exceptions[1:] {
		members = append(members, m.Value)
		if m.Type != "TimeoutError" || m.Stacktrace.Last().Function != "deliver" {
			t.Errorf("a member is %+v", m)
		}
	}
	slices.Sort(members)
	if !tour.Event.Exceptions[0].Mechanism.IsGroup || !slices.Equal(members, []string{"nobody opened in Elm Street", "nobody opened in Oak Street"}) {
		t.Errorf("%q has the members %v", tour.Title, members)
	}
}

// inRequest looks at what failed in a view.
func inRequest(t *testing.T, p lab.Project) {
	t.Helper()
	order := p.Only("KeyError")
	e := order.Event
	if order.Title != "KeyError: 'card'" || order.Culprit != "place_order" || e.Transaction != "place_order" {
		t.Errorf("%q at %q in %q", order.Title, order.Culprit, e.Transaction)
	}
	if x := e.Exceptions[0]; x.Mechanism.Type != "flask" || x.Mechanism.Handled == nil || *x.Mechanism.Handled || x.Stacktrace.Last().Function != "charge_card" || !x.Stacktrace.Last().InApp {
		t.Errorf("%+v", x)
	}
	for _, f := range e.Exceptions[0].Stacktrace.Frames {
		if strings.Contains(f.AbsPath, "site-packages") == f.InApp {
			t.Errorf("in the program: %v of %s", f.InApp, f.AbsPath)
		}
	}
	if r := e.Request; !strings.HasSuffix(r.URL, "/orders/4711") || r.Method != "POST" || r.QueryString != "shop=berlin" || strings.Contains(r.Body, "hunter2") {
		t.Errorf("request %+v", r)
	}
	if e.User.IPAddress != "127.0.0.1" || e.Modules["flask"] == "" {
		t.Errorf("user %+v, modules %v", e.User, e.Modules)
	}
	if crumb, _ := e.Crumb("shop.stock"); crumb.Message != "only 3 lamps are left" || crumb.Level != "LEVEL_WARNING" {
		t.Errorf("breadcrumbs %+v", e.Breadcrumbs)
	}
}

// goServer is a server in Go with sentry-go's handler for net/http.
func goServer(t *testing.T, s *instance.Server) {
	p := lab.NewProject(t, s)
	binary := filepath.Join(lab.Go("sentry-gohttp", "gohttp", "main.go").Prepare(t), "program")
	p.Run(&struct{}{}, nil, binary)
	if n := len(p.Issues("")); n != 2 {
		t.Errorf("%d issues", n)
	}
	crash := p.Only("nil map")
	e := crash.Event
	if !strings.HasSuffix(crash.Title, "assignment to entry in nil map") {
		t.Errorf("title %q", crash.Title)
	}
	if e.Level != "LEVEL_FATAL" || crash.Culprit != "main in remember" || !strings.Contains(e.Request.URL, "/orders/4711") || e.Request.Method != "POST" || e.Request.QueryString != "shop=berlin" {
		t.Errorf("level %s at %q during %+v", e.Level, crash.Culprit, e.Request)
	}
	if e.User.ID != "7" || e.Tags["shop"] != "berlin" {
		t.Errorf("user %+v, tags %v: not those of the request", e.User, e.Tags)
	}
	var stack lab.Stacktrace
	for _, x := range e.Exceptions {
		stack = x.Stacktrace.Own()
	}
	for _, th := range e.Threads {
		stack = th.Stacktrace.Own()
	}
	if last := stack.Last(); last.Function != "remember" || !strings.HasSuffix(last.AbsPath, "main.go") || last.Lineno == 0 {
		t.Errorf("the program's own calls are %v", stack.Functions())
	}
	failed := p.Only("sold out")
	if failed.Event.Tags["shop"] != "munich" || failed.Event.User.ID != "" || failed.Event.Level != "LEVEL_ERROR" {
		t.Errorf("another request has the tags %v, the user %+v", failed.Event.Tags, failed.Event.User)
	}
}
