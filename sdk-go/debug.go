package faultline

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// debugLog writes what the SDK does, if the program asked for it.
type debugLog struct {
	mu sync.Mutex
	w  io.Writer
}

func newDebugLog(o ClientOptions) *debugLog {
	if !o.Debug {
		return &debugLog{}
	}
	return &debugLog{w: o.DebugWriter}
}

// printf writes a line. A writer that panics is not asked again.
func (d *debugLog) printf(format string, args ...any) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.w == nil {
		return
	}
	defer func() {
		if recover() != nil {
			d.w = nil
		}
	}()
	fmt.Fprintf(d.w, "[faultline] %s "+format+"\n", append([]any{time.Now().Format(time.RFC3339Nano)}, args...)...)
}
