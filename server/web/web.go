// Package web serves the dashboard that is built into the binary: the page, its
// assets, and the headers that keep both safe and quick. It serves files only
// and knows nothing about what they do.
package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// policy lets the dashboard load from its own origin only. Styles may be inline,
// because charts and virtual lists position their parts that way.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"

// notBuilt is shown by a binary that was built without the dashboard.
const notBuilt = `<!doctype html><meta charset="utf-8"><title>Faultline</title>
<p>This binary was built without the dashboard. Build it with <code>make build</code>; the API works all the same.</p>`

type asset struct {
	body     func() ([]byte, error)
	zipped   func() []byte // nil if it does not get smaller; compressed when it is first asked for, and kept
	kind     string
	etag     string
	constant bool // its name changes with its content
}

// Handler serves the files of a built dashboard. Every path that is not a file
// gets the page, which finds its view in the URL.
type Handler struct {
	assets map[string]asset
	page   asset
}

// New reads all files once, and again when they are asked for, so that they take no memory where nobody
// looks. A folder without index.html gives a handler that says how to build the dashboard.
func New(files fs.FS) (*Handler, error) {
	built := []byte(notBuilt)
	h := &Handler{assets: map[string]asset{}, page: newAsset("index.html", built, func() ([]byte, error) { return built, nil })}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		h.assets[name] = newAsset(name, body, func() ([]byte, error) { return fs.ReadFile(files, name) })
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	if page, found := h.assets["index.html"]; found {
		h.page = page
	}
	return h, nil
}

// newAsset describes a file by what it holds, which can be read again.
func newAsset(name string, body []byte, again func() ([]byte, error)) asset {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = http.DetectContentType(body)
	}
	sum := sha256.Sum256(body)
	return asset{
		body: again, zipped: sync.OnceValue(func() []byte { return zip(again) }), kind: kind,
		etag: `"` + hex.EncodeToString(sum[:12]) + `"`, constant: strings.HasPrefix(name, "assets/"),
	}
}

func zip(read func() ([]byte, error)) []byte {
	body, err := read()
	if err != nil {
		return nil
	}
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	w.Write(body)
	w.Close()
	if zipped.Len() >= len(body)*9/10 {
		return nil
	}
	return zipped.Bytes()
}

// ServeHTTP answers GET and HEAD.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the dashboard answers GET only", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	a, found := h.assets[name]
	if !found {
		if strings.HasPrefix(name, "assets/") {
			http.Error(w, "no such file; reload the page, a newer version may be running", http.StatusNotFound)
			return
		}
		a = h.page
	}
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("ETag", a.etag)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Security-Policy", policy)
	header.Add("Vary", "Accept-Encoding")
	if a.constant {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	var body []byte
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if body = a.zipped(); body != nil {
			header.Set("Content-Encoding", "gzip")
		}
	}
	if body == nil {
		var err error
		if body, err = a.body(); err != nil {
			http.Error(w, "the file could not be read", http.StatusInternalServerError)
			return
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}
