//go:build e2e

package sentry

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// client is an SDK with the program that uses it.
type client struct {
	name     string
	command  func(t *testing.T) []string
	sdk      string
	platform string
	first    string   // type of the error
	cause    string   // type of its cause
	culprit  string   // where the error was thrown
	crash    string   // function of its last frame; empty: the SDK sends no stack
	causedBy string   // function of the cause's last frame; empty: the cause has no stack
	group    string   // type of the group; empty: the SDK knows none
	members  []string // types of what is in it
	old      bool     // it tells nothing of the runtime
	after    func(t *testing.T, p lab.Project)
}

var clients = []client{
	{
		name: "node5", command: node("node5"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError",
		culprit: "app.cjs in placeOrder", crash: "placeOrder", old: true,
	},
	{
		name: "node6", command: node("node6"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError",
		culprit: "app.cjs in placeOrder", crash: "placeOrder", old: true,
	},
	{
		name: "node7", command: node("node7"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError", cause: "TypeError",
		culprit: "app in placeOrder", crash: "placeOrder", causedBy: "chargeCard", group: "AggregateError", members: []string{"TypeError", "SyntaxError"},
	},
	{
		name: "node11", command: node("node11"), sdk: "sentry.javascript.node", platform: "node", first: "RangeError", cause: "TypeError",
		culprit: "app in placeOrder", crash: "placeOrder", causedBy: "chargeCard", group: "AggregateError", members: []string{"TypeError", "SyntaxError"},
	},
	{
		name: "python", command: python("python"), sdk: "sentry.python", platform: "python", first: "ValueError", cause: "KeyError",
		culprit: "__main__ in place_order", crash: "place_order", causedBy: "charge_card", group: "ExceptionGroup", members: []string{"TypeError", "OSError"},
	},
	{
		name: "python1", command: python("python1"), sdk: "sentry.python", platform: "python", first: "ValueError", cause: "KeyError",
		culprit: "__main__ in place_order", crash: "place_order", causedBy: "charge_card", group: "ExceptionGroup", members: []string{"TypeError", "OSError"},
	},
	{
		name: "go", command: golang, sdk: "sentry.go", platform: "go", first: "*main.orderError", cause: "*errors.errorString",
		culprit: "main in chargeCard", crash: "chargeCard", group: "*errors.joinError", members: []string{"*errors.errorString", "*errors.errorString"},
	},
	{
		name: "java", command: java("shop.Shop"), sdk: "sentry.java", platform: "java", first: "IllegalStateException", cause: "NullPointerException",
		culprit: "shop.Shop in placeOrder", crash: "placeOrder", causedBy: "chargeCard", group: "IllegalStateException", members: []string{"IllegalArgumentException", "ArithmeticException"},
		after: javaCrash,
	},
	{
		name: "rust", command: rust, sdk: "sentry.rust", platform: "rust", first: "OrderError", cause: "NoCard", after: rustPanic,
	},
}

func TestSentrySDKsWorkUnchanged(t *testing.T) {
	t.Parallel()
	s := instance.Start(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			command := c.command(t)
			c.check(t, lab.NewProject(t, s), command)
		})
	}
	for _, more := range []struct {
		name string
		test func(*testing.T, *instance.Server)
	}{
		{"logback", logback},
		{"flask", flask},
		{"go http", goServer},
		{"browser11", browser("browser11", false)},
		{"browser11 through a tunnel", browser("browser11", true)},
		{"browser5", browser("browser5", false)},
	} {
		t.Run(more.name, func(t *testing.T) {
			t.Parallel()
			more.test(t, s)
		})
	}
}

// check lets the shop go wrong and looks at what REST shows.
func (c client) check(t *testing.T, p lab.Project, command []string) {
	var said struct {
		IDs     []string
		Version string
	}
	p.Run(&said, nil, command...)
	if len(said.IDs) < 3 || said.Version == "" {
		t.Fatalf("the shop says %+v", said)
	}
	t.Logf("%s %s", c.sdk, said.Version)
	var events []lab.Event
	for _, id := range said.IDs {
		events = append(events, p.Event(id)) // acknowledged means stored
	}
	c.surroundings(t, events[0], said.Version)
	c.chain(t, events[0])
	if events[0].IssueID != events[2].IssueID {
		t.Errorf("one error twice is two issues: %s and %s", events[0].Title, events[2].Title)
	}
	list := p.Issues("order")
	// A quick program makes both in one millisecond, and then neither is the last.
	titled := func(i lab.Issue) bool { return i.Title == events[0].Title || i.Title == events[2].Title }
	if events[2].Title != c.first+": order 4712 cannot be placed" || len(list) != 1 || !titled(list[0]) || list[0].Culprit != c.culprit || list[0].Count != "2" || list[0].UserCount != "1" {
		t.Errorf("issues of the order: %+v", list)
	}
	all := map[string]bool{}
	for _, e := range events {
		all[e.IssueID] = true
	}
	for _, i := range p.Issues("shop:berlin release:shop@1.2.3 environment:staging user.email:ada@example.com") {
		delete(all, i.ID)
	}
	if len(all) != 0 {
		t.Errorf("issues %v are not found by tag, release, environment and user", all)
	}
	message := events[1]
	if message.Title != "stock is low: 3 left" || message.Event.Level != "LEVEL_WARNING" || len(message.Event.Exceptions) != 0 {
		t.Errorf("the message: %+v", message)
	}
	if c.group != "" {
		c.inGroup(t, events[3])
	}
	if c.after != nil {
		c.after(t, p)
	}
}

// surroundings checks what describes where the error happened.
func (c client) surroundings(t *testing.T, got lab.Event, version string) {
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
	crumb, _ := e.Crumb("cart")
	if crumb.Message != "added a lamp" || crumb.Data["price"] != 12.0 {
		t.Errorf("breadcrumbs %+v", e.Breadcrumbs)
	}
	runtime := c.old
	for name, context := range e.Contexts {
		runtime = runtime || name == "runtime" || context["type"] == "runtime"
	}
	if e.Contexts["order"]["id"] != 4711.0 || !runtime {
		t.Errorf("contexts %v", e.Contexts)
	}
}

// chain checks that what was thrown comes first, its cause second, and in each the
// crash last.
func (c client) chain(t *testing.T, got lab.Event) {
	t.Helper()
	x := got.Event.Exceptions
	if len(x) == 0 || x[0].Type != c.first {
		t.Fatalf("exceptions %+v", x)
	}
	if last := x[0].Stacktrace.Last(); last.Function != c.crash {
		t.Errorf("thrown in %q", last.Function)
	} else if c.crash != "" && (!last.InApp || last.Lineno == 0 || last.Filename == "") {
		t.Errorf("the last frame is %+v", last)
	}
	if c.cause == "" {
		return
	}
	if len(x) != 2 || x[1].Type != c.cause || x[1].Mechanism.ParentID == nil || *x[1].Mechanism.ParentID != x[0].Mechanism.ExceptionID {
		t.Fatalf("exceptions %+v", x)
	}
	if by := x[1].Stacktrace.Last().Function; by != c.causedBy {
		t.Errorf("caused in %q", by)
	}
	for _, f := range x[1].Stacktrace.Frames {
		if f.Vars["password"] != nil && f.Vars["password"] == "hunter2" {
			t.Error("a password is stored")
		}
	}
}

// inGroup checks that the members of a group are below it.
func (c client) inGroup(t *testing.T, got lab.Event) {
	t.Helper()
	x := got.Event.Exceptions
	if len(x) != 1+len(c.members) || x[0].Type != c.group || x[0].Mechanism.IsGroup != (c.first != c.group) || x[0].Mechanism.ParentID != nil {
		t.Fatalf("the group: %+v", x)
	}
	var types []string
	for i, m := range x[1:] {
		types = append(types, m.Type)
		parent := x[0]
		if !parent.Mechanism.IsGroup { // Java's SDK makes a chain of what was suppressed
			parent = x[i]
		}
		if m.Mechanism.ParentID == nil || *m.Mechanism.ParentID != parent.Mechanism.ExceptionID {
			t.Errorf("member %s is not in the group", m.Type)
		}
	}
	if !slices.Equal(types, c.members) {
		t.Errorf("members %v", types)
	}
}

// node is one version of @sentry/node.
func node(version string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := lab.Node("sentry-"+version, version, "app.cjs").Prepare(t)
		return []string{"node", filepath.Join(dir, "app.cjs")}
	}
}

// python is one version of sentry-sdk.
func python(version string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := lab.Python("sentry-"+version, version, "app.py").Prepare(t)
		return []string{filepath.Join(dir, "venv/bin/python"), filepath.Join(dir, "app.py")}
	}
}

func golang(t *testing.T) []string {
	return []string{filepath.Join(lab.Go("sentry-go", "go", "main.go").Prepare(t), "program")}
}

func rust(t *testing.T) []string {
	return []string{filepath.Join(lab.Rust("sentry-rust", "rust", "src/main.rs").Prepare(t), "target/debug/shop")}
}

// java is a class of the shop in Java.
func java(class string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := lab.Java("sentry-java", "java", "src/main/java/shop/Shop.java", "src/main/java/shop/Log.java", "src/main/resources/logback.xml").Prepare(t)
		return append(lab.JVM(dir), class)
	}
}
