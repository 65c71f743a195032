//go:build e2e

package sentry

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// client is an SDK with the program that uses it.
type client struct {
	name     string
	install  func(t *testing.T) []string // the command that runs the program
	sdk      string
	platform string
	first    string   // type of the error
	cause    string   // type of its cause
	culprit  string   // where the error was thrown
	crash    string   // function of its last frame
	causedBy string   // function of the cause's last frame; empty: the cause has no stack
	group    string   // type of the group
	members  []string // types of what is in it
}

var clients = []client{
	{
		name: "node7", install: node("node7"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError", cause: "TypeError",
		culprit: "app in placeOrder", crash: "placeOrder", causedBy: "chargeCard", group: "AggregateError", members: []string{"TypeError", "SyntaxError"},
	},
	{
		name: "node11", install: node("node11"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError", cause: "TypeError",
		culprit: "app in placeOrder", crash: "placeOrder", causedBy: "chargeCard", group: "AggregateError", members: []string{"TypeError", "SyntaxError"},
	},
	{
		name: "python", install: python, sdk: "sentry.python", platform: "python", first: "ValueError", cause: "KeyError",
		culprit: "__main__ in place_order", crash: "place_order", causedBy: "charge_card", group: "ExceptionGroup", members: []string{"TypeError", "OSError"},
	},
	{
		name: "go", install: golang, sdk: "sentry.go", platform: "go", first: "*main.orderError", cause: "*errors.errorString",
		culprit: "main in chargeCard", crash: "chargeCard", group: "*errors.joinError", members: []string{"*errors.errorString", "*errors.errorString"},
	},
}

func TestSentrySDKsWorkUnchanged(t *testing.T) {
	t.Parallel()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			command := c.install(t)
			s := instance.Start(t)
			c.run(t, s, command)
		})
	}
}

// run lets the shop go wrong and looks at what REST shows.
func (c client) run(t *testing.T, s *instance.Server, command []string) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "SENTRY_DSN="+s.DSN())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, errs.String())
	}
	var said struct {
		IDs     []string
		Version string
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || len(said.IDs) != 4 {
		t.Fatalf("%q: %v", out.String(), err)
	}
	t.Logf("%s %s", c.sdk, said.Version)
	var events [4]stored
	for i, id := range said.IDs {
		s.Decode("/api/v1/projects/7/events/"+id, &events[i]) // acknowledged means stored
	}
	c.surroundings(t, events[0], said.Version)
	c.chain(t, events[0])
	if events[0].IssueID != events[2].IssueID {
		t.Errorf("one error twice is two issues: %s and %s", events[0].Title, events[2].Title)
	}
	list := issues(s, "order")
	// A quick program makes both in one millisecond, and then neither is the last.
	titled := func(i issue) bool { return i.Title == events[0].Title || i.Title == events[2].Title }
	if events[2].Title != c.first+": order 4712 cannot be placed" || len(list) != 1 || !titled(list[0]) || list[0].Culprit != c.culprit || list[0].Count != "2" || list[0].UserCount != "1" {
		t.Errorf("issues of the order: %+v", list)
	}
	if n := len(issues(s, "shop:berlin release:shop@1.2.3 environment:staging user.email:ada@example.com")); n != 3 {
		t.Errorf("%d issues are found by tag, release, environment and user", n)
	}
	message := events[1]
	if message.Title != "stock is low: 3 left" || message.Event.Level != "LEVEL_WARNING" || len(message.Event.Exceptions) != 0 {
		t.Errorf("the message: %+v", message)
	}
	c.inGroup(t, events[3])
}

// surroundings checks what describes where the error happened.
func (c client) surroundings(t *testing.T, got stored, version string) {
	t.Helper()
	e := got.Event
	if got.Title != c.first+": order 4711 cannot be placed" || got.Culprit != c.culprit {
		t.Errorf("%q at %q", got.Title, got.Culprit)
	}
	if e.Level != "LEVEL_ERROR" || e.Platform != c.platform || e.Release != "shop@1.2.3" || e.Environment != "staging" || e.ServerName != "web-1" {
		t.Errorf("level %s, platform %s, release %s, environment %s, server %s", e.Level, e.Platform, e.Release, e.Environment, e.ServerName)
	}
	if e.SDK.Name != c.sdk || e.SDK.Version != version {
		t.Errorf("SDK %+v", e.SDK)
	}
	if e.User.ID != "7" || e.User.Email != "ada@example.com" || e.User.Username != "ada" || e.Tags["shop"] != "berlin" {
		t.Errorf("user %+v, tags %v", e.User, e.Tags)
	}
	crumb := -1
	for i, b := range e.Breadcrumbs {
		if b.Category == "cart" {
			crumb = i
		}
	}
	if crumb < 0 || e.Breadcrumbs[crumb].Message != "added a lamp" || e.Breadcrumbs[crumb].Data["price"] != 12.0 {
		t.Errorf("breadcrumbs %+v", e.Breadcrumbs)
	}
	if e.Contexts["order"]["id"] != 4711.0 || e.Contexts["runtime"]["name"] == nil || e.Trace == nil {
		t.Errorf("contexts %v, trace %v", e.Contexts, e.Trace)
	}
}

// chain checks that what was thrown comes first, its cause second, and in each the
// crash last.
func (c client) chain(t *testing.T, got stored) {
	t.Helper()
	x := got.Event.Exceptions
	if len(x) != 2 || x[0].Type != c.first || x[1].Type != c.cause || x[1].Mechanism.ParentID == nil || *x[1].Mechanism.ParentID != x[0].Mechanism.ExceptionID {
		t.Fatalf("exceptions %+v", x)
	}
	if x[0].Stacktrace.last() != c.crash || x[1].Stacktrace.last() != c.causedBy {
		t.Errorf("thrown in %s, caused in %s", x[0].Stacktrace.last(), x[1].Stacktrace.last())
	}
	frames := x[0].Stacktrace.Frames
	last := frames[len(frames)-1]
	if !last.InApp || last.Lineno == 0 || last.Filename == "" {
		t.Errorf("the last frame is %+v", last)
	}
	for _, f := range x[1].Stacktrace.Frames {
		if f.Vars["password"] != nil && f.Vars["password"] == "hunter2" {
			t.Error("a password is stored")
		}
	}
}

// inGroup checks that the members of a group are below it.
func (c client) inGroup(t *testing.T, got stored) {
	t.Helper()
	x := got.Event.Exceptions
	if len(x) != 1+len(c.members) || x[0].Type != c.group || !x[0].Mechanism.IsGroup || x[0].Mechanism.ParentID != nil {
		t.Fatalf("the group: %+v", x)
	}
	var types []string
	for _, m := range x[1:] {
		types = append(types, m.Type)
		if m.Mechanism.ParentID == nil || *m.Mechanism.ParentID != x[0].Mechanism.ExceptionID {
			t.Errorf("member %s is not in the group", m.Type)
		}
	}
	if !slices.Equal(types, c.members) {
		t.Errorf("members %v", types)
	}
}

// run runs a command that must succeed.
func run(t *testing.T, dir string, env []string, command ...string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
}

// place copies files into a folder of the test.
func place(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// node installs one version of @sentry/node as its lock file says.
func node(version string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := place(t, "app.cjs", version+"/package.json", version+"/package-lock.json")
		run(t, dir, nil, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
		return []string{"node", filepath.Join(dir, "app.cjs")}
	}
}

// python installs sentry-sdk as the hashes say.
func python(t *testing.T) []string {
	dir := place(t, "python/app.py", "python/requirements.txt")
	run(t, dir, nil, "python3", "-m", "venv", "venv")
	run(t, dir, nil, "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt")
	return []string{filepath.Join(dir, "venv/bin/python"), filepath.Join(dir, "app.py")}
}

// golang builds the program, which is a module of its own.
func golang(t *testing.T) []string {
	binary := filepath.Join(t.TempDir(), "shop")
	run(t, "go", []string{"GOWORK=off", "CGO_ENABLED=0"}, "go", "build", "-o", binary, ".")
	return []string{binary}
}
