package watch

import (
	"fmt"
	"time"
)

// Config says how patient watching is.
type Config struct {
	// SettingsTTL is how long a project's rules are used without asking again. A change that
	// is announced is seen at once.
	SettingsTTL time.Duration
	// IssueWait is how long after its event a critical alert waits for the issue's number.
	// After it the alert goes out without.
	IssueWait time.Duration
	// EventWait is how long an alert waits for the whole event where a rule asks for it.
	// After it the rules are asked about the short form.
	EventWait time.Duration
	// HistoryLimit is how many notifications about an issue are looked at, newest first.
	HistoryLimit int
}

// DefaultConfig waits a few seconds for triage and two minutes for ClickHouse.
func DefaultConfig() Config {
	return Config{SettingsTTL: 5 * time.Second, IssueWait: 3 * time.Second, EventWait: 2 * time.Minute, HistoryLimit: 500}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.SettingsTTL <= 0:
		return fmt.Errorf("watch: settings TTL %v is not positive", c.SettingsTTL)
	case c.IssueWait < 0 || c.EventWait < 0:
		return fmt.Errorf("watch: a wait, %v or %v, is negative", c.IssueWait, c.EventWait)
	case c.HistoryLimit < 1:
		return fmt.Errorf("watch: history limit %d sees nothing", c.HistoryLimit)
	}
	return nil
}
