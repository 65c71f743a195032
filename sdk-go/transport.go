package faultline

import "context"

// Transport takes finished events away. ClientOptions.Transport replaces the
// one that streams to the server; package faultlinetest has one that records.
type Transport interface {
	// SendEvent takes an event over. It must not block and must not change
	// the event after it was handed on to somebody else.
	SendEvent(event *Event)
	// Flush returns true once everything taken before is delivered, false if
	// ctx ends first.
	Flush(ctx context.Context) bool
	// Close stops the transport. Events that come later are dropped.
	Close(ctx context.Context) bool
}

// dropRecorder is a transport that wants to know of events dropped before it.
type dropRecorder interface {
	recordDrop(reason string)
}

// noTransport is the transport of a client without DSN.
type noTransport struct{}

func (noTransport) SendEvent(*Event)           {}
func (noTransport) Flush(context.Context) bool { return true }
func (noTransport) Close(context.Context) bool { return true }
