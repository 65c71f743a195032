package sentryapi_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/sentryapi"
	"github.com/faultline-dev/faultline/server/upload"
)

// gate knows two tokens.
type gate struct{}

func (gate) API(_ context.Context, authorization, _ string) (project.Access, error) {
	switch authorization {
	case "Bearer builds":
		return project.Access{OrganizationID: "acme", Scopes: []project.Scope{project.ScopeReleaseWrite}}, nil
	case "Bearer reads":
		return project.Access{OrganizationID: "acme", Scopes: []project.Scope{project.ScopeEventRead}}, nil
	}
	return project.Access{}, project.ErrUnauthenticated
}

// world is a server with two organizations, each with a project.
type world struct {
	*httptest.Server
	uploads *upload.Service
	dir     string
}

func newWorld(t *testing.T) world {
	t.Helper()
	dir := t.TempDir()
	store, err := meta.Open(t.Context(), filepath.Join(dir, "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, org := range []string{"acme", "other"} {
		if _, err := store.EnsureOrganization(t.Context(), project.Organization{ID: org, Name: "The " + org + " Company"}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.CreateProject(t.Context(), project.Project{ID: uint32(7 + i), OrganizationID: org, Slug: "web-" + org, Name: "Web"}); err != nil {
			t.Fatal(err)
		}
	}
	w := world{dir: dir}
	w.uploads, err = upload.New(upload.DefaultConfig(), upload.Parts{
		Index: store, Chunks: disk.New(filepath.Join(dir, "chunks")), Bundles: disk.New(filepath.Join(dir, "bundles")),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := sentryapi.New(sentryapi.Parts{Auth: gate{}, Projects: store, Releases: store, Uploads: w.uploads, BaseURL: "https://errors.example"})
	w.Server = httptest.NewServer(h)
	t.Cleanup(w.Close)
	return w
}

// ask makes a request and checks that the answer has a status and holds a text.
func (w world) ask(t *testing.T, token, method, path, body string, code int, want string) {
	t.Helper()
	w.send(t, token, method, path, "application/json", strings.NewReader(body), code, want)
}

func (w world) send(t *testing.T, token, method, path, contentType string, body io.Reader, code int, want string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != code || !strings.Contains(string(text), want) {
		t.Errorf("%s %s %s: %d %s %v; want %d and %s", method, path, body, answer.StatusCode, text, err, code, want)
	}
}

func sum(b []byte) string { s := sha1.Sum(b); return hex.EncodeToString(s[:]) }

// form is the body of an upload of chunks.
func form(t *testing.T, name string, chunks map[string][]byte) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	for sum, chunk := range chunks {
		part, err := m.CreateFormFile(name, sum)
		if err != nil {
			t.Fatal(err)
		}
		if name == "file_gzip" {
			z := gzip.NewWriter(part)
			z.Write(chunk)
			z.Close()
			continue
		}
		part.Write(chunk)
	}
	m.Close()
	return m.FormDataContentType(), body
}

// shop is a bundle as sentry-cli makes it.
func shop(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("SYSB\x02\x00\x00\x00")
	z := zip.NewWriter(&b)
	for name, text := range files {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOnlyTokensWithTheScopeMayBuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := func(token, method, path string, code int, want string) {
		t.Helper()
		w.ask(t, token, method, path, "", code, want)
	}
	f("", "GET", "/api/0/", 401, "Bearer TOKEN")
	f("wrong", "GET", "/api/0/", 401, "")
	f("reads", "GET", "/api/0/", 403, "release:write")
	f("builds", "GET", "/api/0/", 200, `"release:write"`)
	f("builds", "GET", "/api/0/organizations/other/chunk-upload/", 404, "acme")
	f("builds", "GET", "/api/0/organizations/acme/monitors/", 404, "detail")
	for _, org := range []string{"acme", "the-acme-company"} {
		f("builds", "GET", "/api/0/organizations/"+org+"/chunk-upload", 200, `"url":"https://errors.example/api/0/organizations/`+org+`/chunk-upload/"`)
	}
}

func TestReleasesAreNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := func(method, path, body string, code int, want string) {
		t.Helper()
		w.ask(t, "builds", method, path, body, code, want)
	}
	const org = "/api/0/organizations/acme/releases/"
	f("POST", org, `{`, 400, "JSON")
	f("POST", org, `{"version":"a"}`, 400, "projects")
	f("POST", org, `{"version":"  ","projects":["web-acme"]}`, 400, "version")
	f("POST", org, `{"version":"a","projects":["web-other"]}`, 404, "web-other")
	f("POST", org, `{"version":"a","projects":[8]}`, 404, "8")
	f("POST", org, `{"version":"a","projects":[7],"dateStarted":"yesterday"}`, 400, "yesterday")
	f("GET", org, "", 200, `[]`)
	f("GET", org+"a/", "", 404, "announced")
	f("POST", org, `{"version":"web/a@1","projects":["web-acme",7],"ref":"main"}`, 201, `"dateReleased":null`)
	f("PUT", "/api/0/projects/acme/web-acme/releases/web%2Fa@1/", `{"dateReleased":"2026-11-22T10:00:00Z"}`, 200, `"dateReleased":"2026-11-22T10:00:00Z"`)
	f("GET", org+"web%2Fa@1", "", 200, `"ref":"main"`)
	f("PUT", org+"web%2Fa@1", `{"url":"https://ci.example/1"}`, 200, `"projects":[{"slug":"web-acme","name":"Web"}]`)
	f("PUT", org+"b/", `{"dateReleased":"2026-11-22T10:00:00Z"}`, 404, "nobody has announced")
	f("PUT", org+"b/", `{"projects":["web-acme"]}`, 200, `"version":"b"`)
	f("GET", "/api/0/projects/acme/7/releases/", "", 200, `"slug":"web-acme"`)
}

func TestUploadedMapsExplainEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	explained := func(debugID, release string) string {
		t.Helper()
		e := &event.Event{
			Platform: "javascript", Release: release,
			Exceptions:  []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{{AbsPath: "https://x.example/a.js", Line: 1, Column: 1, Function: "t"}}}}},
			DebugImages: []event.DebugImage{{Type: "sourcemap", CodeFile: "https://x.example/a.js", DebugID: debugID}},
		}
		w.uploads.Event(7, e)
		return e.Exceptions[0].Stack.Frames[0].Function
	}
	const id = "11111111-2222-3333-4444-555555555555"
	bundle := shop(t, map[string]string{
		"manifest.json": `{"files":{
			"files/_/_/a.js":{"type":"minified_source","url":"~/a.js","headers":{"Sourcemap":"a.js.map"}},
			"files/_/_/a.js.map":{"type":"source_map","url":"~/a.js.map","headers":{"debug-id":"` + id + `"}}}}`,
		"files/_/_/a.js":     "t()",
		"files/_/_/a.js.map": `{"version":3,"sources":["a.ts"],"sourcesContent":["function total() { throw 1 }"],"mappings":"AAAmB"}`,
	})
	half := len(bundle) / 2
	first, second := bundle[:half], bundle[half:]
	const assemble, chunks = "/api/0/organizations/acme/artifactbundle/assemble/", "/api/0/organizations/acme/chunk-upload/"
	f := func(body string, code int, want string) {
		t.Helper()
		w.ask(t, "builds", "POST", assemble, body, code, want)
	}
	put := func(name string, content map[string][]byte, code int, want string) {
		t.Helper()
		contentType, body := form(t, name, content)
		w.send(t, "builds", "POST", chunks, contentType, body, code, want)
	}
	ask := func(projects string) string {
		return fmt.Sprintf(`{"checksum":%q,"chunks":[%q,%q],"projects":%s,"version":"1.0","dist":null}`, sum(bundle), sum(first), sum(second), projects)
	}
	if got := explained(id, "1.0"); got != "t" {
		t.Errorf("before the upload the function is %s", got)
	}
	f(ask(`[]`), 400, "projects")
	f(ask(`["web-other"]`), 404, "web-other")
	f(ask(`["web-acme"]`), 200, `"state":"not_found","missingChunks":["`+sum(first)+`","`+sum(second)+`"]`)
	w.ask(t, "builds", "POST", chunks, "x", 400, "multipart")
	put("file", map[string][]byte{sum(second): first}, 400, "checksum")
	put("file", map[string][]byte{"../../x": first}, 400, "SHA-1")
	put("file_gzip", map[string][]byte{sum(first): first}, 200, "{}")
	put("file", map[string][]byte{sum(first): first, sum(second): second}, 200, "{}")
	f(fmt.Sprintf(`{"checksum":%q,"chunks":[%q],"projects":["web-acme"]}`, sum(bundle), sum(first)), 200, `"state":"error"`)
	f(fmt.Sprintf(`{"checksum":%q,"chunks":[%q],"projects":["web-acme"]}`, sum(first), sum(first)), 200, `"state":"error"`)
	for range 2 {
		f(ask(`["web-acme"]`), 200, `"state":"ok","missingChunks":[]`)
	}
	if got := explained(strings.ToUpper(id), "other"); got != "total" {
		t.Errorf("by debug id, the function is %s", got)
	}
	if got := explained("", "1.0"); got != "total" {
		t.Errorf("by release and address, the function is %s", got)
	}
	if got := explained("", "2.0"); got != "t" {
		t.Errorf("in another release, the function is %s", got)
	}
	if left, err := filepath.Glob(filepath.Join(w.dir, "bundles", "*", "*")); err != nil || len(left) != 1 {
		t.Errorf("what is kept: %v, %v", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(w.dir, "*", "tmp-*")); err != nil || len(left) != 0 {
		t.Errorf("something half written is left: %v, %v", left, err)
	}
}

func TestMappingsAndSymbolsExplainEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const difs, chunks = "/api/0/projects/acme/web-acme/files/difs/assemble/", "/api/0/organizations/acme/chunk-upload/"
	mapping := []byte("com.example.Cart -> a.a:\n    1:3:void pay():10:12 -> b\n")
	sym := []byte("MODULE Linux x86_64 D3096ED481217FD4C16B29CD9BC208BA0 shop\nFILE 0 /src/main.cc\nFUNC 1000 10 0 pay()\n1000 10 7 0\n")
	junk := []byte("junk")
	contentType, body := form(t, "file", map[string][]byte{sum(mapping): mapping, sum(sym): sym, sum(junk): junk})
	ask := func(name string, content []byte, id, want string) {
		t.Helper()
		w.ask(t, "builds", "POST", difs, fmt.Sprintf(`{%q:{"name":%q,%s"chunks":[%q]}}`, sum(content), name, id, sum(content)), 200, `{"`+sum(content)+`":{"state":`+want)
	}
	const uuid = "5db7294d-87fc-5726-a5c0-4a90679657a5"
	ask("/proguard/"+uuid+".txt", mapping, "", `"not_found","missingChunks":["`+sum(mapping)+`"]`)
	w.send(t, "builds", "POST", chunks, contentType, body, 200, "{}")
	ask("/proguard/"+uuid+".txt", mapping, "", `"ok"`)
	ask("shop.sym", sym, `"debug_id":"d3096ed4-8121-7fd4-c16b-29cd9bc208ba",`, `"ok"`)
	ask("junk", junk, "", `"error"`)
	w.ask(t, "builds", "POST", "/api/0/projects/acme/web-other/files/difs/assemble/", `{}`, 404, "web-other")
	e := &event.Event{
		DebugImages: []event.DebugImage{{Type: "proguard", DebugID: uuid}, {Type: "elf", DebugID: "D3096ED4-8121-7FD4-C16B-29CD9BC208BA", ImageAddr: 0x5000, ImageSize: 0x9000}},
		Exceptions: []event.Exception{
			{Stack: event.Stacktrace{Frames: []event.Frame{{Module: "a.a", Function: "b", Line: 2}}}},
			{Stack: event.Stacktrace{Frames: []event.Frame{{InstructionAddr: 0x6004}}}},
		},
	}
	w.uploads.Event(7, e)
	if f := e.Exceptions[0].Stack.Frames[0]; f.Function != "pay" || f.Module != "com.example.Cart" || f.Line != 11 {
		t.Errorf("%+v", f)
	}
	if f := e.Exceptions[1].Stack.Frames[0]; f.Function != "pay()" || f.Filename != "main.cc" || f.Line != 7 {
		t.Errorf("%+v", f)
	}
}
