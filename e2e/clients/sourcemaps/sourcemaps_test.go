//go:build e2e

package sourcemaps

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// workshop is a folder in which a program is built.
type workshop struct {
	dir    string
	server *instance.Server
}

func newWorkshop(t *testing.T, s *instance.Server) workshop {
	t.Helper()
	w := workshop{dir: t.TempDir(), server: s}
	for _, name := range []string{"package.json", "package-lock.json", "src/index.ts", "src/cart.ts", "src/payment.ts"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	installed := lab.Node("sourcemaps", ".").Prepare(t)
	if err := os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(w.dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return w
}

// run runs a command that must succeed, with the settings of sentry-cli.
func (w workshop) run(t *testing.T, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "SENTRY_URL=http://"+w.server.HTTP, "SENTRY_AUTH_TOKEN="+instance.Token, "SENTRY_ORG=default", "SENTRY_PROJECT=7",
		"SENTRY_DSN="+w.server.DSN(), "SENTRY_RELEASE="+release)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s%s", command, err, out.String(), errs.String())
	}
	return out.String()
}

func (w workshop) cli(t *testing.T, arguments ...string) string {
	t.Helper()
	return w.run(t, append([]string{"node_modules/.bin/sentry-cli"}, arguments...)...)
}

const release = "shop@1.2.3"

func TestMinifiedErrorsShowTheirSource(t *testing.T) {
	t.Parallel()
	s := instance.Start(t)
	w := newWorkshop(t, s)
	w.run(t, "node_modules/.bin/esbuild", "src/index.ts", "--bundle", "--minify", "--platform=node", "--sourcemap", "--outfile=dist/shop.js", "--log-level=error")
	w.cli(t, "releases", "new", release)
	w.cli(t, "sourcemaps", "inject", "dist")
	w.cli(t, "sourcemaps", "upload", "--release", release, "--wait", "dist")
	w.cli(t, "sourcemaps", "upload", "--release", release, "--wait", "dist") // a build that is run again
	w.cli(t, "releases", "finalize", release)
	if list := w.cli(t, "releases", "info", release); !strings.Contains(list, release) {
		t.Errorf("the release is not there:\n%s", list)
	}
	var said struct{ IDs []string }
	if out := w.run(t, "node", "dist/shop.js"); json.Unmarshal([]byte(out), &said) != nil || len(said.IDs) != 1 {
		t.Fatal(out)
	}
	var e stored
	s.Decode("/api/v1/projects/7/events/"+said.IDs[0], &e)
	if e.Title != "TypeError: no card for order 4711 of {cart}" || e.Culprit != "src/payment in charge" {
		t.Errorf("%q at %q", e.Title, e.Culprit)
	}
	check(t, e, filepath.Join(w.dir, "src")+"/")
}

// check looks at the frames of the shop.
func check(t *testing.T, e stored, base string) {
	t.Helper()
	if len(e.Event.Exceptions) != 1 {
		t.Fatalf("%+v", e)
	}
	var own []frame
	for _, f := range e.Event.Exceptions[0].Stacktrace.Frames {
		if f.InApp {
			own = append(own, f)
		}
	}
	want := []frame{
		{Function: "placeOrder", Filename: "src/index.ts", Lineno: 8, ContextLine: "  return cart.checkout();"},
		{Function: "Cart.checkout", Filename: "src/cart.ts", Lineno: 18, ContextLine: "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);"},
		{Function: "Cart.checkout.<anonymous>", Filename: "src/cart.ts", Lineno: 18, ContextLine: "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);"},
		{Function: "Cart.payOrder", Filename: "src/cart.ts", Lineno: 23, ContextLine: "    return charge(order.card!, label);"},
		{Function: "charge", Filename: "src/payment.ts", Lineno: 5, ContextLine: "    throw new TypeError(`no card for ${label}`);"},
	}
	if len(own) < len(want) {
		t.Fatalf("the program's own frames are %+v", own)
	}
	own = own[len(own)-len(want):]
	for i, f := range own {
		if f.Origin == nil || f.Origin.Lineno == f.Lineno {
			t.Errorf("frame %d does not say what it was: %+v", i, f.Origin)
		}
		if f.Function != want[i].Function || f.Filename != want[i].Filename || f.Lineno != want[i].Lineno || f.ContextLine != want[i].ContextLine || f.AbsPath != base+filepath.Base(f.Filename) {
			t.Errorf("frame %d is %+v", i, f)
		}
	}
	if last := own[len(own)-1]; len(last.PreContext) != 4 || len(last.PostContext) != 3 || last.PostContext[1] != "  return card.limit;" {
		t.Errorf("around the last frame: %q and %q", last.PreContext, last.PostContext)
	}
}

func TestWithoutDebugIDsTheReleaseAndTheAddressDecide(t *testing.T) {
	t.Parallel()
	s := instance.Start(t)
	w := newWorkshop(t, s)
	code := "import { Cart } from \"./cart\";\n\nglobalThis.placeOrder = (id: number): number => {\n  const cart = new Cart().add({ id });\n\n\n\n  return cart.checkout();\n};\n"
	if err := os.WriteFile(filepath.Join(w.dir, "src/index.ts"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	w.run(t, "node_modules/.bin/esbuild", "src/index.ts", "--bundle", "--minify", "--sourcemap", "--outfile=dist/shop.js", "--log-level=error")
	w.cli(t, "sourcemaps", "upload", "--release", release, "--url-prefix", "~/static", "--wait", "dist")
	// The stack as a browser's SDK would send it: node runs the same script and tells the columns.
	frames := w.run(t, "node", "-e", thrower)
	body := `{"event_id":"00112233445566778899aabbccddeeff","platform":"javascript","release":"` + release + `","exception":{"values":[{"type":"TypeError","value":"no card","stacktrace":{"frames":` + frames + `}}]}}`
	answer, err := http.Post("http://"+s.HTTP+"/api/7/store/?sentry_key="+instance.PublicKey, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", answer.StatusCode, text, err)
	}
	var e stored
	s.Decode("/api/v1/projects/7/events/00112233445566778899aabbccddeeff", &e)
	check(t, e, "https://shop.example/src/")
}

// thrower prints the frames of an error as a browser's SDK would send them.
const thrower = `require("./dist/shop.js"); try { globalThis.placeOrder(4711) } catch (e) {
		const frames = e.stack.split("\n").filter(l => l.includes("shop.js:")).map(l => /([^\s(]+)? ?\(?[^( ]*shop\.js:(\d+):(\d+)/.exec(l)).reverse()
		console.log(JSON.stringify(frames.map(m => ({ function: m[1] || "?", filename: "https://shop.example/static/shop.js?v=3", abs_path: "https://shop.example/static/shop.js?v=3", lineno: +m[2], colno: +m[3], in_app: true }))))
	}`
