// Command composecheck loads Compose files as docker compose would: against the
// schema, with anchors, variables and dependencies resolved.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	for _, path := range os.Args[1:] {
		project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
			WorkingDir:  filepath.Dir(path),
			ConfigFiles: []types.ConfigFile{{Filename: path}},
			Environment: types.Mapping{"FAULTLINE_BOOTSTRAP_PASSWORD": "checked"},
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, path+":", err)
			os.Exit(1)
		}
		for name, service := range project.Services {
			if service.Build != nil {
				if _, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile)); err != nil {
					fmt.Fprintf(os.Stderr, "%s: service %s: %v\n", path, name, err)
					os.Exit(1)
				}
			}
		}
	}
}
