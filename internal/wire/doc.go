// Package wire turns the protobuf contract of events into the words of
// internal/event and back: through the generated messages where convenience
// counts (ToProto, FromProto), and straight from the bytes where speed does
// (DecodeRequest). Both give the same event for the same bytes.
//
// It checks that bytes can be understood and bounds what they may cost. It does
// not judge an event: defaults, trimming and scrubbing are stages of the server.
package wire
