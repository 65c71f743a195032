package main

import (
	"context"
	"os"

	"github.com/faultline-dev/faultline/internal/embedded/chdb"
)

// engineCommand is the process of the embedded engine. Its secret comes by the
// pipe on standard input, whose end ends it.
type engineCommand struct {
	Flags []string `arg:"" optional:"" passthrough:""`
}

// Run serves statements until the parent ends.
func (c *engineCommand) Run(ctx context.Context, o output) error {
	config, err := chdb.ParseFlags(c.Flags)
	if err != nil {
		return err
	}
	config.Control, config.Ready = os.Stdin, o.out
	return chdb.Serve(ctx, config)
}
