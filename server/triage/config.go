package triage

import (
	"fmt"
	"time"
)

// Config says how often triage looks for what nobody told it of.
type Config struct {
	// OutboxEvery is how often the outbox is looked at for changes that another process made
	// and could not tell of.
	OutboxEvery time.Duration
	// OutboxGrace is how long a change that an event caused is left to the process that has the
	// event. After it, any process tells of the change, with another event of the issue.
	OutboxGrace time.Duration
	// SweepEvery is how often ClickHouse is searched for issues nobody told triage of.
	SweepEvery time.Duration
	// SweepWindow is how far back a sweep looks.
	SweepWindow time.Duration
	// SweepStart is how far back the first sweep after a start looks.
	SweepStart time.Duration
	// SweepGrace is the age at which an event counts as not told of; younger ones may still be
	// on their way.
	SweepGrace time.Duration
	// AgeEvery is how often issues are looked for that are no longer new.
	AgeEvery time.Duration
	// SweepLimit bounds how many young issues one sweep compares.
	SweepLimit int
}

// DefaultConfig finds within a minute what a crash kept from triage.
func DefaultConfig() Config {
	return Config{
		OutboxEvery: time.Second, OutboxGrace: 3 * time.Second,
		SweepEvery: 30 * time.Second, SweepWindow: 15 * time.Minute, SweepStart: 24 * time.Hour,
		SweepGrace: 10 * time.Second, AgeEvery: 10 * time.Minute, SweepLimit: 5000,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.OutboxEvery <= 0:
		return fmt.Errorf("triage: outbox every %v is not positive", c.OutboxEvery)
	case c.OutboxGrace < 0:
		return fmt.Errorf("triage: outbox grace %v is negative", c.OutboxGrace)
	case c.SweepEvery <= 0:
		return fmt.Errorf("triage: sweep every %v is not positive", c.SweepEvery)
	case c.AgeEvery <= 0:
		return fmt.Errorf("triage: age every %v is not positive", c.AgeEvery)
	case c.SweepWindow < c.SweepEvery:
		return fmt.Errorf("triage: sweep window %v is shorter than the time between sweeps, %v", c.SweepWindow, c.SweepEvery)
	case c.SweepStart < c.SweepWindow:
		return fmt.Errorf("triage: the first sweep looks back %v, less than the later ones, %v", c.SweepStart, c.SweepWindow)
	case c.SweepGrace < 0 || c.SweepGrace >= c.SweepWindow:
		return fmt.Errorf("triage: sweep grace %v is not from 0 to the window %v", c.SweepGrace, c.SweepWindow)
	case c.SweepLimit < 1:
		return fmt.Errorf("triage: sweep limit %d finds nothing", c.SweepLimit)
	}
	return nil
}
