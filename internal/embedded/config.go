package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/chdb"
)

// Config says how the embedded ClickHouse engine runs.
type Config struct {
	// Data is the folder of the engine's tables. One process at a time may use it.
	Data string
	// Library is the path of the engine's shared library; empty means to look for it, see
	// FindLibrary.
	Library string
	// Listen is the loopback address the engine takes statements on; port 0 means any.
	Listen string
	// Memory is what the engine process may hold, in bytes.
	Memory int64
	// Statements is the number of statements that run at a time; further ones wait.
	Statements int
	// Threads is the number of threads one statement may use; 0 means one per CPU.
	Threads int
	// MergeThreads is the number of threads that merge parts in the background.
	MergeThreads int
	// StartTimeout is how long one start of the engine may take before it is killed and
	// tried again.
	StartTimeout time.Duration
	// StartAttempts is how often Start tries before it gives up. A running engine that
	// dies is restarted without such a limit.
	StartAttempts int
	// RestartBackoff is the pause before the second restart in a row; each further one
	// doubles it, up to MaxRestartBackoff. The first restart is immediate.
	RestartBackoff time.Duration
	// MaxRestartBackoff is the longest pause between restarts.
	MaxRestartBackoff time.Duration
	// ProbeInterval is the pause between two questions whether the engine still answers.
	ProbeInterval time.Duration
	// ProbeTimeout is how long it may take to answer one.
	ProbeTimeout time.Duration
	// ProbeFailures is how many questions in a row it may leave unanswered before it is
	// killed and restarted.
	ProbeFailures int
	// StopTimeout is how long the engine may take to stop before it is killed.
	StopTimeout time.Duration
	// Command is what starts the engine process; its flags are added to it. Empty means
	// this executable with the clickhouse subcommand.
	Command []string
	// Logger gets the lines the engine prints; nil means slog's default.
	Logger *slog.Logger
}

// DefaultConfig is right for a machine that also runs the rest of Faultline.
func DefaultConfig() Config {
	limits := chdb.DefaultLimits()
	return Config{
		Listen:     "127.0.0.1:0",
		Memory:     limits.Memory,
		Statements: limits.Statements, Threads: limits.Threads, MergeThreads: limits.MergeThreads,
		StartTimeout: 30 * time.Second, StartAttempts: 3,
		RestartBackoff: 100 * time.Millisecond, MaxRestartBackoff: 10 * time.Second,
		ProbeInterval: 10 * time.Second, ProbeTimeout: 20 * time.Second, ProbeFailures: 3,
		StopTimeout: 10 * time.Second,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Data == "":
		return errors.New("embedded engine: no data folder given")
	case c.Listen == "":
		return errors.New("embedded engine: no listen address given")
	case c.StartTimeout <= 0:
		return fmt.Errorf("embedded engine: start timeout %v is not positive", c.StartTimeout)
	case c.StartAttempts < 1:
		return fmt.Errorf("embedded engine: %d start attempts are too few, give at least 1", c.StartAttempts)
	case c.RestartBackoff <= 0 || c.MaxRestartBackoff < c.RestartBackoff:
		return fmt.Errorf("embedded engine: restart back-off from %v to %v makes no sense", c.RestartBackoff, c.MaxRestartBackoff)
	case c.ProbeInterval <= 0 || c.ProbeTimeout <= 0 || c.ProbeFailures < 1:
		return fmt.Errorf("embedded engine: probing every %v for %v, %d times, makes no sense", c.ProbeInterval, c.ProbeTimeout, c.ProbeFailures)
	case c.StopTimeout <= 0:
		return fmt.Errorf("embedded engine: stop timeout %v is not positive", c.StopTimeout)
	}
	return c.limits().Validate()
}

func (c Config) limits() chdb.Limits {
	return chdb.Limits{Memory: c.Memory, Statements: c.Statements, Threads: c.Threads, MergeThreads: c.MergeThreads}
}
