//go:build e2e

package vite

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

const release = "shop@1.2.3"

// sources are those of the page, and the cart and the payment of the other test of
// source maps.
var sources = map[string]string{
	"package.json": "package.json", "vite.config.js": "vite.config.js", "index.html": "index.html", "src/page.ts": "src/page.ts",
	"src/cart.ts": "../sourcemaps/src/cart.ts", "src/payment.ts": "../sourcemaps/src/payment.ts",
}

// build builds the page with Sentry's plugin, which uploads the source maps.
func build(t *testing.T, p lab.Project) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	for to, from := range sources {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	installed := lab.Node("vite", ".").Prepare(t)
	if err := os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node_modules/.bin/vite", "build")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SENTRY_URL=http://"+p.Server.HTTP, "SENTRY_AUTH_TOKEN="+instance.Token, "SENTRY_ORG=default", "SENTRY_PROJECT="+strconv.Itoa(p.ID), "SENTRY_RELEASE="+release)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("vite build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "dist")
}

func TestAPageThatViteBuiltShowsItsSource(t *testing.T) {
	t.Parallel()
	p := lab.NewProject(t, instance.Start(t))
	dist := build(t, p)
	scripts, err := filepath.Glob(filepath.Join(dist, "assets/*.js"))
	if err != nil || len(scripts) != 1 {
		t.Fatalf("%v %v", scripts, err)
	}
	if code, err := os.ReadFile(scripts[0]); err != nil || strings.Contains(string(code), "payOrder(order)") {
		t.Errorf("the page is not minified: %v", err)
	}
	type word struct {
		IDs     []string
		Version string
	}
	done := make(chan word, 1)
	shop := http.NewServeMux()
	shop.Handle("GET /", http.FileServer(http.Dir(dist)))
	shop.HandleFunc("POST /done", func(_ http.ResponseWriter, r *http.Request) {
		var said word
		text, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(text, &said) != nil {
			t.Errorf("%q: %v", text, err)
		}
		done <- said
	})
	site := httptest.NewServer(shop)
	defer site.Close()
	said := lab.Browse(t, site.URL+"/?dsn="+url.QueryEscape(p.DSN()), done)
	if len(said.IDs) != 1 {
		t.Fatalf("the page says %+v", said)
	}
	e := p.Event(said.IDs[0])
	if e.Title != "TypeError: no card for order 4711 of {cart}" || e.Culprit != "src/payment in charge" || e.Event.Release != release {
		t.Errorf("%q at %q of %q", e.Title, e.Culprit, e.Event.Release)
	}
	check(t, e.Event.Exceptions[0].Stacktrace.Own().Frames)
}

// check looks at the calls of the page, as they were written.
func check(t *testing.T, own []lab.Frame) {
	t.Helper()
	want := []lab.Frame{
		{Function: "placeOrder", Filename: "src/page.ts", Lineno: 15, ContextLine: "  return new Cart().add({ id }).checkout();"},
		{Function: "Cart.checkout", Filename: "src/cart.ts", Lineno: 18, ContextLine: "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);"},
		{Function: "Cart.checkout.<anonymous>", Filename: "src/cart.ts", Lineno: 18, ContextLine: "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);"},
		{Function: "Cart.payOrder", Filename: "src/cart.ts", Lineno: 23, ContextLine: "    return charge(order.card!, label);"},
		{Function: "charge", Filename: "src/payment.ts", Lineno: 5, ContextLine: "    throw new TypeError(`no card for ${label}`);"},
	}
	if len(own) < len(want) {
		t.Fatalf("the program's own calls are %+v", own)
	}
	own = own[len(own)-len(want):]
	for i, f := range own {
		if w := want[i]; f.Function != w.Function || !strings.HasSuffix(f.Filename, w.Filename) || f.Lineno != w.Lineno || f.ContextLine != w.ContextLine {
			t.Errorf("call %d is %+v", i, f)
		}
	}
}
