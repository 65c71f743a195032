package faultline

import "encoding/hex"

// ParseTraceparent reads the W3C header of that name. The span in it is the
// caller's; it becomes the parent of a new one.
func ParseTraceparent(header string) (Trace, bool) {
	// version "-" trace id "-" span id "-" flags
	if len(header) < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-' || header[:2] == "ff" ||
		len(header) > 55 && (header[:2] == "00" || header[55] != '-') {
		return Trace{}, false
	}
	var t Trace
	if _, err := hex.Decode(t.TraceID[:], []byte(header[3:35])); err != nil || t.TraceID == [16]byte{} {
		return Trace{}, false
	}
	if _, err := hex.Decode(t.ParentSpanID[:], []byte(header[36:52])); err != nil || t.ParentSpanID == [8]byte{} {
		return Trace{}, false
	}
	id, _ := newEventID().bytes()
	copy(t.SpanID[:], id[8:])
	return t, true
}
