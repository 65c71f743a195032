package faultline

import (
	"context"
	"time"
)

// Version is the SDK's version.
const Version = "0.1.0"

// Init makes a client from options and binds it to the current hub. The
// client that was bound before is closed without waiting for its events. With
// an error the program keeps what it had, and capturing stays safe.
func Init(options ClientOptions) error {
	client, err := NewClient(options)
	if err != nil {
		return err
	}
	before := CurrentHub().Client()
	CurrentHub().BindClient(client)
	if before != nil {
		go before.Close()
	}
	return nil
}

// CaptureException reports an error and everything it wraps. It returns nil
// if nothing was sent.
func CaptureException(err error) *EventID { return CurrentHub().CaptureException(err) }

// CaptureMessage reports a text.
func CaptureMessage(message string) *EventID { return CurrentHub().CaptureMessage(message) }

// CaptureEvent reports an event that the program made.
func CaptureEvent(event *Event) *EventID { return CurrentHub().CaptureEvent(event) }

// Recover reports a panic of the goroutine that defers it:
//
//	defer faultline.Recover()
//
// The panic ends here, unless ClientOptions.Repanic is set: then Recover
// flushes, within ClientOptions.ShutdownTimeout, and panics again.
func Recover() *EventID {
	recovered := recover()
	if recovered == nil {
		return nil
	}
	return CurrentHub().finishPanic(context.Background(), recovered)
}

// RecoverWithContext is Recover for the hub that travels in ctx.
func RecoverWithContext(ctx context.Context) *EventID {
	recovered := recover()
	if recovered == nil {
		return nil
	}
	return hubOrCurrent(ctx).finishPanic(ctx, recovered)
}

// finishPanic reports a panic and panics again if the options say so.
func (hub *Hub) finishPanic(ctx context.Context, recovered any) *EventID {
	id := hub.RecoverWithContext(ctx, recovered)
	if client := hub.Client(); client != nil && client.options.Repanic {
		client.Flush(client.options.ShutdownTimeout)
		panic(recovered)
	}
	return id
}

// AddBreadcrumb notes something that happened in the current scope.
func AddBreadcrumb(breadcrumb *Breadcrumb) { CurrentHub().AddBreadcrumb(breadcrumb, nil) }

// ConfigureScope runs f with the current scope.
func ConfigureScope(f func(scope *Scope)) { CurrentHub().ConfigureScope(f) }

// WithScope runs f with a copy of the current scope that is gone afterwards.
func WithScope(f func(scope *Scope)) { CurrentHub().WithScope(f) }

// PushScope puts a copy of the current scope on top of it.
func PushScope() { CurrentHub().PushScope() }

// PopScope removes the scope that PushScope put there.
func PopScope() { CurrentHub().PopScope() }

// LastEventID returns the id of the event captured last.
func LastEventID() EventID { return CurrentHub().LastEventID() }

// Flush returns true once every event captured before is stored by the server
// or has another outcome, false after the timeout.
func Flush(timeout time.Duration) bool { return CurrentHub().Flush(timeout) }

// FlushWithContext is Flush with a context in place of the timeout.
func FlushWithContext(ctx context.Context) bool { return CurrentHub().FlushWithContext(ctx) }

// Close flushes within ClientOptions.ShutdownTimeout and stops the current client.
func Close() { CurrentHub().Client().Close() }
