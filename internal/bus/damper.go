package bus

import (
	"strings"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// damperSize bounds how many issues a damper remembers. Beyond it, it forgets all and some
// messages go out that could have been spared.
const damperSize = 16 << 10

// damper lets one message through for each issue and set of rules in a span of time.
type damper struct {
	every time.Duration

	mu   sync.Mutex
	last map[damperKey]time.Time
}

type damperKey struct {
	project     uint32
	fingerprint event.Fingerprint
	rules       string
}

// reserve reports whether the same was told less than a span ago. If not, it notes that it is
// told now, and release takes that back.
func (d *damper) reserve(project uint32, fingerprint event.Fingerprint, rules []string, now time.Time) (release func(), told bool) {
	if d.every == 0 {
		return func() {}, false
	}
	k := damperKey{project, fingerprint, strings.Join(rules, "\x00")}
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.last[k]; ok && now.Sub(last) < d.every {
		return nil, true
	}
	if d.last == nil || len(d.last) >= damperSize {
		d.last = make(map[damperKey]time.Time)
	}
	d.last[k] = now
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.last, k)
	}, false
}
