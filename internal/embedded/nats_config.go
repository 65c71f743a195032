package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// NATSConfig says how the embedded NATS server runs.
type NATSConfig struct {
	// Data is the folder of the JetStream store. One process at a time may use it.
	Data string
	// Listen is a loopback address for clients of other processes, who then need the
	// secret in URL; port 0 means any. Empty means that only this process can connect.
	Listen string
	// MaxStore bounds what all streams together keep on disk, in bytes.
	MaxStore int64
	// MaxMemory bounds what memory-backed streams and key-value buckets keep, in bytes.
	MaxMemory int64
	// MaxPayload bounds one message, in bytes.
	MaxPayload int
	// SyncInterval is how often written messages are forced to disk. Every acknowledged
	// message is with the operating system at once, so it survives the end of the process in
	// any manner; this is what a loss of power can cost.
	SyncInterval time.Duration
	// SyncAlways forces each message to disk before it is acknowledged. Nothing is lost to
	// a loss of power then, at the price of a few milliseconds a message.
	SyncAlways bool
	// StartTimeout is how long the server may take to start, recovery of its streams
	// included.
	StartTimeout time.Duration
	// Logger gets the server's notices; nil means slog's default.
	Logger *slog.Logger
}

// maxPayloadLimit is what NATS itself recommends as the largest message.
const maxPayloadLimit = 64 << 20

// DefaultNATSConfig is right for a machine that also runs the rest of Faultline.
func DefaultNATSConfig() NATSConfig {
	return NATSConfig{
		MaxStore: 4 << 30, MaxMemory: 64 << 20, MaxPayload: 8 << 20,
		SyncInterval: time.Second, StartTimeout: 30 * time.Second,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c NATSConfig) Validate() error {
	switch {
	case c.Data == "":
		return errors.New("embedded NATS: no data folder given")
	case c.MaxStore <= 0:
		return fmt.Errorf("embedded NATS: a store of %d bytes holds nothing", c.MaxStore)
	case c.MaxMemory <= 0:
		return fmt.Errorf("embedded NATS: a memory store of %d bytes holds nothing", c.MaxMemory)
	case c.MaxPayload <= 0 || c.MaxPayload > maxPayloadLimit:
		return fmt.Errorf("embedded NATS: a largest message of %d bytes is not between 1 and %d", c.MaxPayload, maxPayloadLimit)
	case c.SyncInterval <= 0:
		return fmt.Errorf("embedded NATS: sync interval %v is not positive", c.SyncInterval)
	case c.StartTimeout <= 0:
		return fmt.Errorf("embedded NATS: start timeout %v is not positive", c.StartTimeout)
	}
	return nil
}
