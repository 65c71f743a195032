package deliver

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Config says how often and how long sending is tried.
type Config struct {
	// MaxAttempts is how often a notification is tried before it is given up.
	MaxAttempts int
	// FirstWait is how long to wait after the first failure; each further one doubles it.
	FirstWait time.Duration
	// MaxWait is the longest wait between two attempts.
	MaxWait time.Duration
	// Timeout bounds one attempt.
	Timeout time.Duration
	// Lease is how long an attempt belongs to the process that began it. After it another one
	// may try. It must be longer than Timeout.
	Lease time.Duration
	// FirstAttempt is when a notification nobody has attempted is looked for in the delivery
	// log; usually its message makes the attempt at once.
	FirstAttempt time.Duration
	// SweepEvery is how often the delivery log is searched for attempts that are due.
	SweepEvery time.Duration
	// SweepLimit bounds how many attempts one sweep asks for.
	SweepLimit int
}

// DefaultConfig tries for about two and a half hours.
func DefaultConfig() Config {
	return Config{
		MaxAttempts: 12, FirstWait: 5 * time.Second, MaxWait: time.Hour,
		Timeout: 40 * time.Second, Lease: time.Minute,
		FirstAttempt: 2 * time.Second, SweepEvery: time.Second, SweepLimit: 200,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.MaxAttempts < 1:
		return fmt.Errorf("deliver: %d attempts send nothing", c.MaxAttempts)
	case c.FirstWait <= 0 || c.MaxWait < c.FirstWait:
		return fmt.Errorf("deliver: the first wait %v is not positive, or longer than the longest, %v", c.FirstWait, c.MaxWait)
	case c.Timeout <= 0 || c.Lease <= c.Timeout:
		return fmt.Errorf("deliver: the timeout %v is not positive, or not shorter than the lease %v", c.Timeout, c.Lease)
	case c.FirstAttempt < 0:
		return fmt.Errorf("deliver: first attempt after %v is negative", c.FirstAttempt)
	case c.SweepEvery <= 0:
		return fmt.Errorf("deliver: sweep every %v is not positive", c.SweepEvery)
	case c.SweepLimit < 1:
		return fmt.Errorf("deliver: sweep limit %d finds nothing", c.SweepLimit)
	}
	return nil
}

// wait is how long to wait after a number of failures, a fifth more or less, so that what
// failed together does not come back together.
func (c Config) wait(failures int) time.Duration {
	wait := c.FirstWait
	for range failures - 1 {
		if wait *= 2; wait >= c.MaxWait {
			wait = c.MaxWait
			break
		}
	}
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
}
