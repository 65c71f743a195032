//go:build e2e

package sentry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// page is what the page says when it has sent everything.
type page struct {
	IDs            []string
	Flushed        bool
	Version, Agent string
}

// browser opens a page in Chromium that sends with one version of @sentry/browser: to
// another origin than its own, or through a tunnel of its own origin.
func browser(version string, tunnel bool) func(*testing.T, *instance.Server) {
	return func(t *testing.T, s *instance.Server) {
		p := lab.NewProject(t, s)
		dir := lab.Bundled("sentry-"+version, version, "page.js").Prepare(t)
		done := make(chan page, 1)
		tunnelled := make(chan string, 100)
		shop := http.NewServeMux()
		shop.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `<!doctype html><title>Shop</title><button id="order">Order</button><script src="/page.js"></script>`)
		})
		shop.Handle("GET /page.js", http.FileServer(http.Dir(filepath.Join(dir, "dist"))))
		shop.HandleFunc("GET /stock", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "3") })
		shop.HandleFunc("POST /tunnel", func(w http.ResponseWriter, r *http.Request) { forward(t, w, r, tunnelled) })
		shop.HandleFunc("POST /done", func(_ http.ResponseWriter, r *http.Request) {
			var said page
			if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
				t.Error(err)
			}
			done <- said
		})
		site := httptest.NewServer(shop)
		defer site.Close()
		address := site.URL + "/?dsn=" + url.QueryEscape(p.DSN())
		if tunnel {
			address += "&tunnel=/tunnel"
		}
		said := lab.Browse(t, address, done)
		t.Logf("@sentry/browser %s, tunnelled: %v", said.Version, tunnel)
		if !said.Flushed || len(said.IDs) != 3 {
			t.Fatalf("the page says %+v", said)
		}
		if (len(tunnelled) > 0) != tunnel {
			t.Errorf("%d envelopes came through the tunnel", len(tunnelled))
		}
		said.check(t, p, site.URL)
	}
}

// check looks at the error, the rejection and the message of the page.
func (said page) check(t *testing.T, p lab.Project, site string) {
	thrown, rejected, message := p.Only("undefined"), p.Only("lamps"), p.Only("low")
	for _, e := range []lab.Event{thrown, rejected, message} {
		if !slices.Contains(said.IDs, e.EventID) {
			t.Errorf("event %s is none of %v", e.EventID, said.IDs)
		}
	}
	if n := len(p.Issues("")); n != 3 {
		t.Errorf("%d issues", n)
	}
	e, x := thrown.Event, thrown.Event.Exceptions[0]
	if thrown.Title != "TypeError: Cannot read properties of undefined (reading 'number')" || !strings.HasSuffix(thrown.Culprit, "in chargeCard") {
		t.Errorf("%q at %q", thrown.Title, thrown.Culprit)
	}
	old := strings.HasPrefix(said.Version, "5.") // takes what its wrapper of a listener sees for handled
	if x.Mechanism.Handled == nil || *x.Mechanism.Handled != old || e.Level != "LEVEL_ERROR" {
		t.Errorf("level %s, mechanism %+v", e.Level, x.Mechanism)
	}
	functions := x.Stacktrace.Functions()
	if n := len(functions); n < 2 || functions[n-2] != "placeOrder" || functions[n-1] != "chargeCard" {
		t.Errorf("calls %v", functions)
	}
	if f := x.Stacktrace.Last(); f.AbsPath != site+"/page.js" && f.Filename != site+"/page.js" || f.Lineno == 0 || f.Colno == 0 || !f.InApp {
		t.Errorf("the last call is %+v", f)
	}
	if e.Platform != "javascript" || e.Release != "shop@1.2.3" || e.Environment != "staging" || e.User.Email != "ada@example.com" || e.Tags["shop"] != "berlin" {
		t.Errorf("platform %s, release %s, environment %s, user %+v, tags %v", e.Platform, e.Release, e.Environment, e.User, e.Tags)
	}
	if e.Request.URL != site+"/order/4711" {
		t.Errorf("request %+v", e.Request)
	}
	if !strings.Contains(fmt.Sprint(e.Contexts["browser"]["name"]), "Chrome") || !strings.Contains(said.Agent, "Chrome/") || e.Contexts["os"]["name"] != "Linux" {
		t.Errorf("%s in the contexts %v", said.Agent, e.Contexts)
	}
	for category, want := range map[string]string{"cart": "added a lamp", "console": "the page is open", "ui.click": "body > button#order", "navigation": "", "fetch": ""} {
		if crumb, found := e.Crumb(category); (!found || crumb.Message != want) && !(old && category == "ui.click") {
			t.Errorf("%s in %+v", category, e.Breadcrumbs)
		}
	}
	if rejected.Title != "RangeError: no stock of lamps" || rejected.Event.Exceptions[0].Stacktrace.Last().Function != "fetchStock" || !strings.Contains(rejected.Event.Exceptions[0].Mechanism.Type, "unhandledrejection") {
		t.Errorf("%q: %+v", rejected.Title, rejected.Event.Exceptions)
	}
	if message.Title != "stock is low: 3 left" || message.Event.Level != "LEVEL_WARNING" {
		t.Errorf("%q of level %s", message.Title, message.Event.Level)
	}
}

// forward does what the tunnel of a site does: it reads from the envelope's header where
// the envelope belongs and sends it there unchanged.
func forward(t *testing.T, w http.ResponseWriter, r *http.Request, tunnelled chan<- string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	first, _, _ := bytes.Cut(body, []byte("\n"))
	var header struct{ DSN string }
	if err := json.Unmarshal(first, &header); err != nil {
		t.Errorf("%s: %v", first, err)
	}
	dsn, err := url.Parse(header.DSN)
	if err != nil {
		t.Error(err)
		return
	}
	answer, err := http.Post("http://"+dsn.Host+"/api"+dsn.Path+"/envelope/", "application/x-sentry-envelope", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s of %s", answer.Status, first)
	}
	tunnelled <- string(first)
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}
