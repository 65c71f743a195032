// Package openapi holds the generated OpenAPI descriptions of the REST routes.
package openapi

import _ "embed"

// API describes the routes of the query and admin services.
//
//go:embed api.swagger.json
var API []byte

// Ingest describes the route by which events are sent.
//
//go:embed ingest.swagger.json
var Ingest []byte
