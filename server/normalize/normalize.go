// Package normalize makes an event as it arrived into one that the rest of the
// pipeline can rely on: every field valid UTF-8 and within its limit, times and
// levels sensible, in-app decided for every frame. It never refuses an event and does no I/O.
package normalize

import (
	"net/netip"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Options are what the pipeline knows beside the event.
type Options struct {
	ReceivedAt time.Time
	ClientIP   netip.Addr // of the connection; invalid if not known
	Limits     Limits
}

// MaxAge and MaxFuture bound a sender's clock: an event outside is dated to its
// arrival (Sentry's limits for the same).
const (
	MaxAge    = 30 * 24 * time.Hour
	MaxFuture = time.Minute
)

// DefaultEnvironment is where an event happened that does not say.
const DefaultEnvironment = "production"

// autoIP in User.IP asks for the connection's address.
const autoIP = "{{auto}}"

// Event normalizes an event in place.
func Event(e *event.Event, o Options) {
	t := trimmer{limits: &o.Limits, event: e}
	e.Trimmed, e.Scrubbed = nil, nil // set by the server only
	identity(e, o)
	if e.User.IP == autoIP {
		e.User.IP = ""
		if o.ClientIP.IsValid() {
			e.User.IP = o.ClientIP.Unmap().String()
		}
	}
	t.scalars()
	t.exceptions()
	t.threads()
	t.breadcrumbs()
	t.request()
	t.user()
	t.tags()
	t.objects()
	t.rest()
	decideInApp(e)
}

// Stack normalizes a stack that many events of a platform may share. It reports false
// for one that they may not: one with variables, which are secret until they have been
// looked at, and one of which something was cut, which each event must say.
func Stack(platformName string, s *event.Stacktrace, l Limits) bool {
	for i := range s.Frames {
		if s.Frames[i].Vars != "" {
			return false
		}
	}
	var e event.Event
	t := trimmer{limits: &l, event: &e}
	t.stack(s, named(""))
	decideStack(platform(platformName), s.Frames)
	return len(e.Trimmed) == 0
}

// identity fills in what every event must have.
func identity(e *event.Event, o Options) {
	if e.ID.IsZero() {
		e.ID = event.NewID()
	}
	if e.Timestamp.IsZero() || e.Timestamp.After(o.ReceivedAt.Add(MaxFuture)) || e.Timestamp.Before(o.ReceivedAt.Add(-MaxAge)) {
		e.Timestamp = o.ReceivedAt
	}
	e.Timestamp = e.Timestamp.UTC().Truncate(time.Millisecond)
	if e.Level == event.LevelUnknown || e.Level > event.LevelFatal {
		e.Level = event.LevelError
	}
	e.Platform = platform(e.Platform)
	if e.Platform == "native" && strings.HasPrefix(e.SDK.Name, "sentry.rust") {
		e.Platform = "rust" // its SDK says what C's does
	}
	e.Environment = strings.TrimSpace(e.Environment)
	if e.Environment == "" {
		e.Environment = DefaultEnvironment
	}
	e.Release = strings.TrimSpace(e.Release)
}

// platforms are the names under which events are stored; see "platform" in the
// Sentry event payload, which SDKs of all kinds follow.
var platforms = map[string]string{
	"as3": "as3", "c": "c", "cfml": "cfml", "cocoa": "cocoa", "crystal": "crystal", "csharp": "csharp", "dart": "dart",
	"elixir": "elixir", "erlang": "elixir", "go": "go", "golang": "go", "groovy": "groovy", "haskell": "haskell", "java": "java",
	"kotlin": "java", "javascript": "javascript", "native": "native", "cpp": "native", "c++": "native", "node": "node", "nodejs": "node", "objc": "objc",
	"perl": "perl", "php": "php", "powershell": "powershell", "python": "python", "ruby": "ruby", "rust": "rust", "swift": "cocoa",
	"dotnet": "csharp", "webjs": "javascript", "other": "other",
}

func platform(s string) string {
	if known, ok := platforms[s]; ok {
		return known
	}
	if known, ok := platforms[strings.ToLower(strings.TrimSpace(s))]; ok {
		return known
	}
	return "other"
}
