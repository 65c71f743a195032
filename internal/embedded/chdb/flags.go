package chdb

import (
	"flag"
	"fmt"
	"io"
	"strconv"
)

// ParseFlags reads the command line of the engine process: --data, --listen, --library,
// --memory, --statements, --threads and --merge-threads. The caller adds the control pipe.
func ParseFlags(args []string) (ChildConfig, error) {
	cfg := ChildConfig{Limits: DefaultLimits()}
	set := flag.NewFlagSet("clickhouse", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&cfg.Library, "library", "", "the engine's shared library")
	set.StringVar(&cfg.Data, "data", "", "the folder of the tables")
	set.StringVar(&cfg.Listen, "listen", "", "HOST:PORT on loopback, unix:PATH or fd:N")
	set.Int64Var(&cfg.Limits.Memory, "memory", cfg.Limits.Memory, "bytes the process may hold")
	set.IntVar(&cfg.Limits.Statements, "statements", cfg.Limits.Statements, "statements at a time")
	set.IntVar(&cfg.Limits.Threads, "threads", cfg.Limits.Threads, "threads of one statement")
	set.IntVar(&cfg.Limits.MergeThreads, "merge-threads", cfg.Limits.MergeThreads, "threads that merge")
	if err := set.Parse(args); err != nil {
		return cfg, fmt.Errorf("read the engine's flags: %w", err)
	}
	return cfg, nil
}

// Flags writes the configuration as the command line that ParseFlags reads. There is no
// secret in it.
func (c ChildConfig) Flags() []string {
	return []string{
		"--library", c.Library, "--data", c.Data, "--listen", c.Listen,
		"--memory", strconv.FormatInt(c.Limits.Memory, 10), "--statements", strconv.Itoa(c.Limits.Statements),
		"--threads", strconv.Itoa(c.Limits.Threads), "--merge-threads", strconv.Itoa(c.Limits.MergeThreads),
	}
}
