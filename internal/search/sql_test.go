package search_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// To look further: go test ./internal/search -run Agree -queries 2000 -seed 7
var (
	seed    = flag.Uint64("seed", 1, "of the queries that memory and SQL must agree on")
	queries = flag.Int("queries", 120, "how many of them")
)

// words are what texts and queries are made of: few, so that they meet, and
// awkward for patterns, SQL, JSON and tokenizers.
var words = []string{
	"", "a", "A", "ab", "Ab", "time out", "TimeOut", "timeout", "100%", "under_score", "underXscore", `back\slash`, `C:\x`, "it's", `"quoted"`,
	"naïve", "NAÏVE", "日本", "x;DROP TABLE", "--", "a*b", "web@1.2.3", "web@1.2.30", "a.b.c", "foo-bar", "new\nline", "tab\there", "\u0000nul", "{p:String}", "?", "$1",
}

type source struct{ *rand.Rand }

func (r source) word() string { return words[r.IntN(len(words))] }

func (r source) text() string {
	n := r.IntN(3)
	parts := []string{r.word()}
	for range n {
		parts = append(parts, r.word())
	}
	return strings.Join(parts, []string{" ", "", "/"}[r.IntN(3)])
}

func (r source) event(n int, at time.Time) *event.Occurrence {
	e := &event.Event{
		ID: event.ID{0: byte(n >> 8), 1: byte(n), 15: 1}, Timestamp: at.Add(-time.Duration(r.IntN(48*3600*1000)) * time.Millisecond),
		Level: event.Level(1 + r.IntN(5)), Platform: r.word(), Logger: r.word(), Transaction: r.text(), ServerName: r.word(),
		Release: r.word(), Dist: r.word(), Environment: r.word(),
		Request: event.Request{URL: r.text(), Method: r.word()}, SDK: event.SDK{Name: r.word(), Version: r.word()},
		User: event.User{ID: r.word(), Email: r.word(), Username: r.word(), Name: r.word(), IP: r.word()},
	}
	if r.IntN(2) == 0 {
		e.Message = event.Message{Template: r.text(), Formatted: r.text()}
	}
	if r.IntN(2) == 0 {
		e.Trace.TraceID = [16]byte{byte(r.IntN(3)), 15: 1}
	}
	for range r.IntN(3) {
		x := event.Exception{Type: r.word(), Value: r.text(), Mechanism: event.Mechanism{Type: r.word(), Handled: event.Handled(r.IntN(3))}}
		for range r.IntN(4) {
			x.Stack.Frames = append(x.Stack.Frames, event.Frame{Function: r.word(), Module: r.word(), Filename: r.text(), AbsPath: r.text()})
		}
		e.Exceptions = append(e.Exceptions, x)
	}
	for _, k := range []string{"browser", "level", "my key", "it's"} {
		if r.IntN(2) == 0 {
			e.Tags = append(e.Tags, event.Tag{Key: k, Value: r.word()})
		}
	}
	return &event.Occurrence{
		ProjectID: 7, ReceivedAt: at, RetentionDays: 30, Event: e, Fingerprint: event.Fingerprint{byte(r.IntN(5))}, Title: r.text(), Culprit: r.word(),
	}
}

// query makes a query that can be parsed.
func (r source) query(depth int, at time.Time) string {
	if depth > 0 && r.IntN(3) == 0 {
		inner := make([]string, 2+r.IntN(2))
		for i := range inner {
			inner[i] = r.query(depth-1, at)
		}
		return []string{"", "!"}[r.IntN(2)] + "(" + strings.Join(inner, []string{" ", " OR "}[r.IntN(2)]) + ")"
	}
	return []string{"", "", "!"}[r.IntN(3)] + r.term(at)
}

func (r source) term(at time.Time) string {
	fields := search.Fields()
	f := fields[r.IntN(len(fields))]
	for f.Issue {
		f = fields[r.IntN(len(fields))]
	}
	op := []string{"", ">", ">=", "<", "<="}[r.IntN(5)]
	name := string(f.Field)
	switch f.Kind {
	case search.KindLevel:
		return name + ":" + op + event.Level(1+r.IntN(5)).String()
	case search.KindBool:
		return fmt.Sprint(name, ":", r.IntN(2) == 0)
	case search.KindTime:
		t := at.Add(-time.Duration(r.IntN(48*3600)) * time.Second)
		return name + ":" + []string{op + t.Format("2006-01-02T15:04:05.000Z"), op + t.Format("2006-01-02"), t.Format("2006-01-02T15:04Z"), fmt.Sprintf("-%dh", 1+r.IntN(48)), fmt.Sprintf("+%dm", 1+r.IntN(3000))}[r.IntN(5)]
	case search.KindID:
		return name + ":" + event.ID{0: byte(r.IntN(3)), 1: byte(r.IntN(3)), 15: 1}.String()
	}
	switch r.IntN(8) {
	case 0:
		return quote(r.text(), false)
	case 1:
		return "has:" + []string{name, "browser", "tag[level]", "tag[my key]", "trace"}[r.IntN(5)]
	case 2:
		name = []string{"browser", "tag[level]", "tag[my key]", "tag[it's]", "nothing"}[r.IntN(5)]
	}
	if r.IntN(4) == 0 {
		return fmt.Sprintf("%s:[%s, %s]", name, quote(r.word(), true), quote(r.text(), true))
	}
	return name + ":" + quote(r.text(), true) // now and then with a star in a word
}

// quote writes a value in quotes; with stars its own become wildcards, and more
// are added.
func quote(s string, stars bool) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	if stars && len(s)%2 == 0 {
		s = "*" + s
	}
	if stars && len(s)%3 == 0 {
		s += "*"
	}
	if !stars {
		s = strings.ReplaceAll(s, "*", `\*`)
	}
	return `"` + s + `"`
}

func TestMemoryAndSQLAgree(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := enginetest.Start(t)
	cfg := clickhouse.DefaultConfig()
	cfg.Address, cfg.Secret, cfg.Database = db.Addr, db.Secret, db.Name
	store, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r := source{rand.New(rand.NewPCG(*seed, 1))}
	now := time.Now().UTC().Truncate(time.Millisecond)
	events := make([]*event.Occurrence, 400)
	for i := range events {
		events[i] = r.event(i, now)
	}
	if err := store.Insert(ctx, "differential", events); err != nil {
		t.Fatal(err)
	}
	some := 0
	for range *queries {
		text := r.query(2, now)
		q, err := search.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		found, err := store.Events(ctx, view.EventsRequest{ProjectID: 7, Query: q, Limit: len(events), Range: view.Range{End: now.Add(time.Hour)}})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, want := []string{}, []string{}
		for _, s := range found {
			got = append(got, s.EventID.String())
		}
		for _, o := range events {
			if q.Match(search.OfOccurrence(o), now) {
				want = append(want, o.Event.ID.String())
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		for _, o := range events {
			id := o.Event.ID.String()
			if slices.Contains(got, id) != slices.Contains(want, id) {
				t.Fatalf("%s\nin memory %v, in SQL %v:\n%+v\n%+v", q, slices.Contains(want, id), slices.Contains(got, id), *o, *o.Event)
			}
		}
		if len(want) > 0 && len(want) < len(events) {
			some++
		}
	}
	if some < *queries/5 {
		t.Fatalf("only %d of %d queries tell events apart", some, *queries)
	}
}
