package bus

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
	"github.com/faultline-dev/faultline/internal/event"
)

const (
	presenceEvery = 2 * time.Second // how often a subscriber says that it is there
	presenceLasts = 3 * presenceEvery
)

const subjectPresence = "tail.presence."

// Tail shows an event to whoever tails its project. It is for the live view only: nobody
// waits for it, and a slow viewer misses events.
func (b *Bus) Tail(s event.Summary) {
	data, err := proto.Marshal(summaryToProto(s))
	if err == nil {
		err = b.conn.Publish("tail."+project(s.ProjectID), data)
	}
	if err != nil {
		b.log.Debug("an event was not shown to the live tail", "error", err)
	}
}

// TailWanted reports whether somebody tails a project, here or in another process. It costs
// one atomic load while nobody does.
func (b *Bus) TailWanted(projectID uint32) bool {
	tailing := b.tailing.Load()
	if tailing == nil {
		return false
	}
	until, ok := (*tailing)[projectID]
	return ok && time.Now().Before(until)
}

// SubscribeTail calls fn with events of a project as they are stored, until ctx ends or stop
// is called. Calls come one at a time; while fn is slow events are missed.
func (b *Bus) SubscribeTail(ctx context.Context, projectID uint32, fn func(event.Summary)) (stop func(), err error) {
	sub, err := b.conn.Subscribe("tail."+project(projectID), func(msg *nats.Msg) {
		var m busv1.Occurrence
		if err := proto.Unmarshal(msg.Data, &m); err != nil {
			b.log.Warn("a tailed event cannot be read", "error", err)
			return
		}
		if s, err := summaryFromProto(&m); err == nil {
			fn(s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listen to the events of project %d: %w", projectID, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		b.announce(ctx, projectID)
		b.unsubscribe(sub)()
	})
	return func() { cancel(); wait.Wait() }, nil
}

// announce says that somebody tails a project, for as long as ctx lasts.
func (b *Bus) announce(ctx context.Context, projectID uint32) {
	tick := time.NewTicker(presenceEvery)
	defer tick.Stop()
	for {
		if err := b.conn.Publish(subjectPresence+project(projectID), nil); err != nil {
			b.log.Debug("a tail could not be announced", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// watchPresence starts to note who is tailing.
func (b *Bus) watchPresence() error {
	sub, err := b.conn.Subscribe(subjectPresence+"*", func(msg *nats.Msg) {
		id, err := strconv.ParseUint(strings.TrimPrefix(msg.Subject, subjectPresence), 10, 32)
		if err == nil {
			b.present(uint32(id), time.Now())
		}
	})
	if err == nil {
		err = b.conn.Flush()
	}
	if err != nil {
		return fmt.Errorf("listen for tails: %w", err)
	}
	b.watch = sub
	return nil
}

// present notes that somebody tails a project, and forgets who has gone.
func (b *Bus) present(projectID uint32, now time.Time) {
	b.presence.Lock()
	defer b.presence.Unlock()
	next := map[uint32]time.Time{projectID: now.Add(presenceLasts)}
	if old := b.tailing.Load(); old != nil {
		kept := maps.Clone(*old)
		maps.DeleteFunc(kept, func(_ uint32, until time.Time) bool { return until.Before(now) })
		kept[projectID] = next[projectID]
		next = kept
	}
	b.tailing.Store(&next)
}
