package embedded

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// natsLog passes the NATS server's lines on to slog. What the server calls a notice is
// about its own start and stop, and of interest only to somebody who debugs.
type natsLog struct {
	log *slog.Logger

	mu   sync.Mutex
	last string // what the server called fatal
}

// Noticef takes a notice.
func (l *natsLog) Noticef(format string, v ...any) { l.log.Debug(line(format, v)) }

// Warnf takes a warning.
func (l *natsLog) Warnf(format string, v ...any) { l.log.Warn(line(format, v)) }

// Errorf takes an error.
func (l *natsLog) Errorf(format string, v ...any) { l.log.Error(line(format, v)) }

// Debugf takes a line for debugging.
func (l *natsLog) Debugf(format string, v ...any) { l.log.Debug(line(format, v)) }

// Tracef takes a line for tracing.
func (l *natsLog) Tracef(format string, v ...any) { l.log.Debug(line(format, v)) }

// Fatalf takes the reason why the server cannot run and keeps it for the error of the
// start. The server does not end the process itself.
func (l *natsLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = line(format, v)
	l.log.Error(l.last)
}

// fatal returns the reason, ready to be put at the end of an error.
func (l *natsLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == "" {
		return ""
	}
	return ": " + l.last
}

func line(format string, v []any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
