package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Config says how the streams are kept and how messages are consumed.
type Config struct {
	// Replicas is how many servers of a NATS cluster keep each stream: 1, 3 or 5.
	Replicas int
	// Writer names this process in the subjects of what it spills. It should stay the same
	// across restarts; letters, digits, "-" and "_".
	Writer string
	// IssuesBytes bounds the stream of what was seen, for triage. When it is full the oldest
	// messages go; triage finds what they told in ClickHouse.
	IssuesBytes int64
	// AlertsBytes bounds the stream of changes and critical events, for alerting. When it is
	// full the oldest messages go.
	AlertsBytes int64
	// NotifyBytes bounds the stream of notifications to send. When it is full the oldest
	// messages go; the delivery log in the meta store brings them back.
	NotifyBytes int64
	// SpillBytes bounds the stream of events that wait for ClickHouse. When it is full, further
	// events are refused, none is dropped.
	SpillBytes int64
	// DeadBytes bounds the stream of messages that were given up. The oldest go first.
	DeadBytes int64
	// MessageAge is how long a message waits for a consumer that is away, spilled events
	// excepted, which wait for ever.
	MessageAge time.Duration
	// DeadAge is how long messages that were given up are kept for people to look at.
	DeadAge time.Duration
	// DuplicateWindow is how long the streams remember message ids, so that a message that is
	// published again is dropped.
	DuplicateWindow time.Duration
	// AckWait is how long a handler may be silent before its message goes to another one.
	// Handlers that run longer are kept alive by their consumer.
	AckWait time.Duration
	// Backoff lists how long a message waits after each failure; the last one repeats.
	Backoff []time.Duration
	// MaxDeliver is how often a message is tried before it becomes a dead letter.
	MaxDeliver int
	// Workers is how many messages of one consumer are handled at the same time, and four times
	// as many by the one that makes issues. Messages about one issue are handled by one worker,
	// in order.
	Workers int
	// CriticalEvery is the shortest time between two messages about critical events of one
	// issue from one process. What comes sooner could only be throttled.
	CriticalEvery time.Duration
	// PublishTimeout bounds the wait for the streams to take a message.
	PublishTimeout time.Duration
	// Logger gets what no caller can be told; nil means slog's default.
	Logger *slog.Logger
}

// DefaultConfig fits one machine; the streams together stay below the 4 GiB of the embedded
// server's store.
func DefaultConfig() Config {
	return Config{
		Replicas: 1, Writer: "faultline",
		IssuesBytes: 64 << 20, AlertsBytes: 64 << 20, NotifyBytes: 16 << 20, SpillBytes: 2 << 30, DeadBytes: 16 << 20,
		MessageAge: 3 * 24 * time.Hour, DeadAge: 30 * 24 * time.Hour, DuplicateWindow: 10 * time.Minute,
		AckWait:    10 * time.Second,
		Backoff:    []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute},
		MaxDeliver: 60, Workers: 8, CriticalEvery: time.Second, PublishTimeout: 5 * time.Second,
	}
}

var writerName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5:
		return fmt.Errorf("bus: %d replicas; a stream has 1, 3 or 5", c.Replicas)
	case !writerName.MatchString(c.Writer):
		return fmt.Errorf("bus: writer %q is not made of 1 to 64 letters, digits, - and _", c.Writer)
	case min(c.IssuesBytes, c.AlertsBytes, c.NotifyBytes, c.SpillBytes, c.DeadBytes) < 1<<20:
		return errors.New("bus: a stream of less than 1 MiB is too small to work with")
	case c.DuplicateWindow <= 0 || c.MessageAge < c.DuplicateWindow || c.DeadAge < c.DuplicateWindow:
		return fmt.Errorf("bus: duplicate window %v is not positive, or longer than messages are kept", c.DuplicateWindow)
	case c.AckWait < time.Second:
		return fmt.Errorf("bus: ack wait %v is shorter than a second", c.AckWait)
	case len(c.Backoff) == 0:
		return errors.New("bus: the back-off list is empty")
	case c.MaxDeliver < 1:
		return fmt.Errorf("bus: %d deliveries; a message is tried at least once", c.MaxDeliver)
	case c.Workers < 1:
		return fmt.Errorf("bus: %d workers; at least one is needed", c.Workers)
	case c.CriticalEvery < 0:
		return fmt.Errorf("bus: critical every %v is negative", c.CriticalEvery)
	case c.PublishTimeout <= 0:
		return fmt.Errorf("bus: publish timeout %v is not positive", c.PublishTimeout)
	}
	return nil
}
