package bus

import (
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// held is the set of messages that wait for or are with a worker.
type held struct {
	log *slog.Logger

	mu       sync.Mutex
	messages map[jetstream.Msg]struct{}
}

func (h *held) add(msg jetstream.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.messages == nil {
		h.messages = make(map[jetstream.Msg]struct{})
	}
	h.messages[msg] = struct{}{}
}

func (h *held) remove(msg jetstream.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.messages, msg)
}

// keepAlive tells the server of each message that it is still being worked on, until stopped.
func (h *held) keepAlive(every time.Duration, stopped <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
			h.extend()
		}
	}
}

func (h *held) extend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for msg := range h.messages {
		if err := msg.InProgress(); err != nil {
			h.log.Debug("a message could not be kept", "subject", msg.Subject(), "error", err)
		}
	}
}
