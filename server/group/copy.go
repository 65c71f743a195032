package group

import (
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
)

// WithOwnStacks copies of an event what stack-trace rules write into, so that it can be grouped by
// several.
func WithOwnStacks(e *event.Event) *event.Event {
	c := *e
	c.Exceptions = slices.Clone(e.Exceptions)
	for i := range c.Exceptions {
		c.Exceptions[i].Stack.Frames = slices.Clone(c.Exceptions[i].Stack.Frames)
	}
	c.Threads = slices.Clone(e.Threads)
	for i := range c.Threads {
		c.Threads[i].Stack.Frames = slices.Clone(c.Threads[i].Stack.Frames)
	}
	return &c
}
