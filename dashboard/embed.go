// Package dashboard holds the built dashboard, so that the binary can serve it
// without a file beside it. It knows nothing about HTTP; a binary built without
// the dashboard has an empty folder here.
package dashboard

import "embed"

// FS holds the folder "dist" as the dashboard's build left it.
//
//go:embed all:dist
var FS embed.FS
