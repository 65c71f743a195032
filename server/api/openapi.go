package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"

	"github.com/faultline-dev/faultline/gen/openapi"
)

// docsFiles is the page that shows the description: no script, style or image
// comes from elsewhere.
//
//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the page load its own files and the description, nothing else.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsHandler serves /api/openapi.json and the page to read it, without
// credentials: both are the same for everybody.
func docsHandler() (http.Handler, error) {
	spec, err := mergedOpenAPI()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	serve := func(pattern, kind string, body []byte) {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Security-Policy", docsPolicy)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Referrer-Policy", "same-origin")
			w.Header().Set("Cache-Control", "no-cache")
			w.Write(body)
		})
	}
	serve("/api/openapi.json", "application/json", spec)
	for name, file := range map[string]struct{ path, kind string }{
		"index.html": {"/api/docs", "text/html; charset=utf-8"},
		"docs.js":    {"/api/docs/docs.js", "text/javascript; charset=utf-8"},
		"docs.css":   {"/api/docs/docs.css", "text/css; charset=utf-8"},
	} {
		body, err := fs.ReadFile(docsFiles, "docs/"+name)
		if err != nil {
			return nil, fmt.Errorf("read the page of the API: %w", err)
		}
		serve(file.path, file.kind, body)
	}
	mux.Handle("GET /api/docs/{$}", http.RedirectHandler("/api/docs", http.StatusMovedPermanently))
	return mux, nil
}

// document is what of an OpenAPI 2 document is merged.
type document struct {
	Swagger     string                     `json:"swagger"`
	Info        map[string]string          `json:"info"`
	Tags        []map[string]any           `json:"tags,omitempty"`
	Consumes    []string                   `json:"consumes"`
	Produces    []string                   `json:"produces"`
	Schemes     []string                   `json:"schemes,omitempty"`
	Paths       map[string]json.RawMessage `json:"paths"`
	Definitions map[string]json.RawMessage `json:"definitions"`

	SecurityDefinitions map[string]any        `json:"securityDefinitions,omitempty"`
	Security            []map[string][]string `json:"security,omitempty"`
}

// mergedOpenAPI joins the generated descriptions into one.
func mergedOpenAPI() ([]byte, error) {
	var merged document
	for i, text := range [][]byte{openapi.API, openapi.Ingest} {
		var d document
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, fmt.Errorf("read OpenAPI description %d: %w", i, err)
		}
		if merged.Paths == nil {
			merged = d
			continue
		}
		merged.Tags = append(merged.Tags, d.Tags...)
		maps.Copy(merged.Paths, d.Paths)
		maps.Copy(merged.Definitions, d.Definitions)
	}
	merged.Info = map[string]string{
		"title": "Faultline", "version": "v1",
		"description": "Issues, events and alerts. Send an API token as `Authorization: Bearer TOKEN`; to events:batch, a key. Errors are google.rpc.Status.",
	}
	merged.SecurityDefinitions = map[string]any{"token": map[string]string{
		"type": "apiKey", "name": "Authorization", "in": "header", "description": "Bearer TOKEN",
	}}
	merged.Security = []map[string][]string{{"token": {}}}
	text, err := json.Marshal(merged)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI description: %w", err)
	}
	return text, nil
}
