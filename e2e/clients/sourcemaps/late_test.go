//go:build e2e

package sourcemaps

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/e2e/instance"
)

type issues struct {
	Issues []struct{ ID, ShortID, Title, Culprit, Count, Status string }
}

func TestAnUploadExplainsTheEventsOfBefore(t *testing.T) {
	t.Parallel()
	s := instance.Start(t)
	w := newWorkshop(t, s)
	w.run(t, "node_modules/.bin/esbuild", "src/index.ts", "--bundle", "--minify", "--platform=node", "--sourcemap", "--outfile=dist/shop.js", "--log-level=error")
	w.cli(t, "sourcemaps", "inject", "dist")
	send := func() string {
		t.Helper()
		var said struct{ IDs []string }
		if out := w.run(t, "node", "dist/shop.js"); json.Unmarshal([]byte(out), &said) != nil || len(said.IDs) != 1 {
			t.Fatal(out)
		}
		return said.IDs[0]
	}
	id := send()
	read := func(id string) (e stored) {
		t.Helper()
		s.Decode("/api/v1/projects/7/events/"+id, &e)
		return e
	}
	before := read(id)
	if before.Culprit == "src/payment in charge" || before.IssueID == "" {
		t.Fatalf("before the upload: %+v", before)
	}
	w.cli(t, "sourcemaps", "upload", "--release", release, "--wait", "dist")
	instance.Eventually(t, time.Minute, "the event shows its source", func() bool { return read(id).Culprit == "src/payment in charge" })
	check(t, read(id), filepath.Join(w.dir, "src")+"/")
	after := read(send())
	check(t, after, filepath.Join(w.dir, "src")+"/")
	if after.IssueID != before.IssueID || read(id).IssueID != before.IssueID {
		t.Errorf("the issue was %s, is %s for the old and %s for a new event", before.IssueID, read(id).IssueID, after.IssueID)
	}
	var all issues
	s.Decode("/api/v1/projects/7/issues", &all)
	if len(all.Issues) != 1 || all.Issues[0].Count != "2" || all.Issues[0].Culprit != "src/payment in charge" || !strings.HasSuffix(all.Issues[0].ShortID, "-1") {
		t.Errorf("%+v", all)
	}
}

func TestAKillInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	s := instance.Start(t, "FAULTLINE_REPAIR_EVENTS_PER_SECOND=300", "FAULTLINE_REPAIR_BATCH=50", "FAULTLINE_REPAIR_POLL=200ms")
	w := newWorkshop(t, s)
	code := "import { Cart } from \"./cart\";\n\nglobalThis.placeOrder = (id: number): number => {\n  const cart = new Cart().add({ id });\n\n\n\n  return cart.checkout();\n};\n"
	if err := os.WriteFile(filepath.Join(w.dir, "src/index.ts"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	w.run(t, "node_modules/.bin/esbuild", "src/index.ts", "--bundle", "--minify", "--sourcemap", "--outfile=dist/shop.js", "--log-level=error")
	frames := w.run(t, "node", "-e", thrower)
	const events, kinds = 2000, 4
	var g errgroup.Group
	g.SetLimit(32)
	for i := range events {
		g.Go(func() error {
			body := fmt.Sprintf(`{"event_id":"%032x","platform":"javascript","release":%q,"user":{"id":"%d"},"exception":{"values":[{"type":"Error%d","value":"no card","stacktrace":{"frames":%s}}]}}`, i+1, release, i%50, i%kinds, frames)
			answer, err := http.Post("http://"+s.HTTP+"/api/7/store/?sentry_key="+instance.PublicKey, "application/json", strings.NewReader(body))
			if err != nil {
				return err
			}
			text, err := io.ReadAll(answer.Body)
			if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
				return fmt.Errorf("%d %s %v", answer.StatusCode, text, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	was := map[string]string{} // issue by title
	var all issues
	s.Decode("/api/v1/projects/7/issues", &all)
	for _, i := range all.Issues {
		was[i.Title] = i.ID
	}
	if len(was) != kinds {
		t.Fatalf("%+v", all)
	}
	explained := func() (n int) {
		t.Helper()
		var answer struct{ Series []struct{ Total string } }
		status, got := s.Call("POST", "/api/v1/projects/7:explore", map[string]any{"query": "stack.function:charge"})
		text, _ := json.Marshal(got)
		if status != http.StatusOK || json.Unmarshal(text, &answer) != nil {
			t.Fatalf("%d %s", status, text)
		}
		for _, g := range answer.Series {
			one, _ := strconv.Atoi(g.Total)
			n += one
		}
		return n
	}
	whole := func() {
		t.Helper()
		var now issues
		s.Decode("/api/v1/projects/7/issues", &now)
		sum := 0
		for _, i := range now.Issues {
			n, _ := strconv.Atoi(i.Count)
			sum += n
		}
		if sum != events || len(now.Issues) != kinds {
			t.Errorf("%d events in %d issues", sum, len(now.Issues))
		}
	}
	w.cli(t, "sourcemaps", "upload", "--release", release, "--url-prefix", "~/static", "--wait", "dist")
	instance.Eventually(t, time.Minute, "some events are explained", func() bool { whole(); n := explained(); return n > 100 })
	s.Kill()
	s.Start()
	if n := explained(); n >= events {
		t.Errorf("%d events were explained before the kill: it came too late", n)
	}
	whole()
	instance.Eventually(t, 3*time.Minute, "all events are explained", func() bool { whole(); return explained() == events })
	instance.Eventually(t, time.Minute, "the repair is done", func() bool { return strings.Contains(s.Output(), "are repaired: done") })
	s.Decode("/api/v1/projects/7/issues", &all)
	for _, i := range all.Issues {
		if was[i.Title] != i.ID || i.Culprit != "src/payment in charge" || i.Count != strconv.Itoa(events/kinds) {
			t.Errorf("%+v, was %s", i, was[i.Title])
		}
	}
	var e stored
	s.Decode(fmt.Sprintf("/api/v1/projects/7/events/%032x", 17), &e)
	check(t, e, "https://shop.example/src/")
}
