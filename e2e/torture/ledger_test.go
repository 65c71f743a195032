//go:build e2e

package torture

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// item is one numbered event and what is known of it.
type item struct {
	id    event.ID
	kind  string // type of the exception; decides the issue
	level string // error or fatal
	value string // of the exception
	time  time.Time

	client string // name of the one that sends it
	stored bool   // acknowledged
}

// verdict is what a client was told of one event.
type verdict int

const (
	again     verdict = iota // not now
	stored                   // it is there
	duplicate                // it was there before
	refused                  // never
)

// ledger numbers events and keeps what was sent and answered.
type ledger struct {
	mu       sync.Mutex
	rng      *rand.Rand
	items    []*item
	calm     int             // there are so many times fewer new and fatal kinds than in a round
	settled  []string        // kinds of which an event was acknowledged and no fatal one was sent
	kinds    map[string]bool // all that were used
	alarms   map[string]bool // kinds of fatal events: each is worth one mail
	sent     int             // events put on the wire, each time they were
	answered map[verdict]int
	refusals map[string]int
	stop     bool
}

func newLedger(seed uint64) *ledger {
	return &ledger{
		rng: rand.New(rand.NewPCG(seed, 2)), calm: 1, kinds: map[string]bool{}, alarms: map[string]bool{},
		answered: map[verdict]int{}, refusals: map[string]int{},
	}
}

const (
	usualKinds = 40 // issues with many events
	batchMost  = 60 // events of one batch
	rareShare  = 40 // one event in so many is the first of its issue
	fatalShare = 8  // one batch in so many brings a fatal event
)

// singleKind is the name of a kind that is not one of the usual ones.
var singleKind = regexp.MustCompile(`\b(Rare|Fatal)[0-9]+x\b`)

// alarmIn is the kind of fatal events of which a mail tells; "" if it tells of none.
func (l *ledger) alarmIn(mail string) string {
	for _, kind := range singleKind.FindAllString(mail, -1) {
		if l.alarms[kind] {
			return kind
		}
	}
	return ""
}

// next makes a batch for a client; nil after the end.
func (l *ledger) next(client string) []*item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop {
		return nil
	}
	batch := make([]*item, 0, batchMost)
	for range 1 + l.rng.IntN(batchMost) {
		kind := "Usual" + strconv.Itoa(l.rng.IntN(usualKinds))
		if l.rng.IntN(rareShare*l.calm) == 0 {
			kind = "Rare" + strconv.Itoa(len(l.items)) + "x"
		}
		batch = append(batch, l.add(kind, "error"))
	}
	if l.rng.IntN(fatalShare*l.calm) == 0 {
		kind := "Fatal" + strconv.Itoa(len(l.items)) + "x"
		// Half of the alarms are of issues that were seen before: no first sighting tells of them.
		if n := len(l.settled); n > 0 && l.rng.IntN(2) == 0 {
			kind, l.settled = l.settled[n-1], l.settled[:n-1]
		}
		l.alarms[kind] = true
		batch = append(batch, l.add(kind, "fatal"))
	}
	for _, it := range batch {
		it.client = client
	}
	return batch
}

func (l *ledger) add(kind, level string) *item {
	n := len(l.items)
	it := &item{kind: kind, level: level, value: "number " + strconv.Itoa(n) + ".", time: time.Now().UTC()}
	binary.BigEndian.PutUint64(it.id[:8], l.rng.Uint64())
	binary.BigEndian.PutUint64(it.id[8:], uint64(n))
	l.items = append(l.items, it)
	l.kinds[kind] = true
	return it
}

// sending notes that events go on the wire.
func (l *ledger) sending(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent += n
}

// note writes down the answers to a batch, and returns what must be sent again.
func (l *ledger) note(batch []*item, verdicts []verdict, reasons []string) (left []*item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, it := range batch {
		v := verdicts[i]
		l.answered[v]++
		switch v {
		case stored, duplicate:
			if !it.stored && it.kind[0] == 'R' && it.level == "error" {
				l.settled = append(l.settled, it.kind)
			}
			it.stored = true
		case again:
			l.refusals[reasons[i]]++
			left = append(left, it)
		case refused:
			l.refusals["for good: "+reasons[i]]++
		}
	}
	return left
}

// end makes next return nil.
func (l *ledger) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = true
}

// counts are how many events there are and how many are acknowledged.
func (l *ledger) counts() (all, acknowledged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range l.items {
		if it.stored {
			acknowledged++
		}
	}
	return len(l.items), acknowledged
}

// reasons are why events were not taken.
func (l *ledger) reasons() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.refusals)
}
