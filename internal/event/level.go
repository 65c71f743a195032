package event

// Level is the severity of an event; a larger one is more severe.
type Level uint8

// The levels, with the numbers under which they are stored.
const (
	LevelUnknown Level = iota
	LevelDebug
	LevelInfo
	LevelWarning
	LevelError
	LevelFatal
)

var levelNames = [...]string{"", "debug", "info", "warning", "error", "fatal"}

// String is the lower-case name, empty for LevelUnknown.
func (l Level) String() string {
	if int(l) >= len(levelNames) {
		return ""
	}
	return levelNames[l]
}

// ParseLevel reads a level by the names that SDKs and loggers use; ok is false
// for any other text.
func ParseLevel(s string) (l Level, ok bool) {
	switch s {
	case "debug", "trace", "verbose":
		return LevelDebug, true
	case "info", "log", "notice":
		return LevelInfo, true
	case "warning", "warn":
		return LevelWarning, true
	case "error", "err":
		return LevelError, true
	case "fatal", "critical", "crit", "panic", "emergency":
		return LevelFatal, true
	}
	return LevelUnknown, false
}
