package sentry

import (
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/health"
)

// Pulse takes what programs say that do not fail. It must not wait for anybody.
type Pulse interface {
	Session(v health.Session)
	Sessions(v health.Sessions)
	CheckIn(c health.CheckIn)
}

const (
	// sessionGroups bounds the groups of one item that a client has counted itself.
	sessionGroups = 1000
	// sessionsAtOnce bounds how many sessions one group may count.
	sessionsAtOnce = 1 << 30
	// sessionAge is how old a session may be; devices keep them while they are offline.
	sessionAge = 30 * 24 * time.Hour
	// releaseBytes and environmentBytes bound names, as those of events are.
	releaseBytes, environmentBytes = 250, 64
)

// sessionItem is a session or a group of them, as it is read.
type sessionItem struct {
	id, user           string
	release            string
	environment        string
	status             string
	started, timestamp time.Time
	init               bool
	errors             int64
	counts             health.Sessions
	groups             []sessionItem
}

// sessions takes an item of either type.
func (in *intake) sessions(text string) error {
	var d decoder
	d.reset(text)
	if d.kind() != '{' {
		return errJSON
	}
	s := d.session(true)
	if !d.end() {
		return errJSON
	}
	if in.h.pulse == nil {
		return nil
	}
	if s.release = clip(s.release, releaseBytes); s.release == "" {
		return errSession
	}
	s.environment = clip(s.environment, environmentBytes)
	if s.groups == nil {
		return in.session(&s)
	}
	for i := range s.groups {
		g := &s.groups[i]
		started, ok := in.began(g)
		if !ok {
			continue
		}
		g.counts.ProjectID, g.counts.Release, g.counts.Environment, g.counts.Started = in.batch.ProjectID, s.release, s.environment, started
		g.counts.User = userHash(g.user)
		in.h.pulse.Sessions(g.counts)
	}
	return nil
}

// session takes one session.
func (in *intake) session(s *sessionItem) error {
	started, ok := in.began(s)
	if !ok {
		return errSession
	}
	id, err := event.ParseID(s.id)
	if err != nil {
		id = event.NewID()
	}
	in.h.pulse.Session(health.Session{
		ProjectID: in.batch.ProjectID, ID: id, User: userHash(s.user), Release: s.release, Environment: s.environment, Started: started,
		Init: s.init, Errors: s.errors > 0, Status: sessionStatus(s.status),
	})
	return nil
}

// began is when a session began by the server's clock, and whether that can be.
func (in *intake) began(s *sessionItem) (time.Time, bool) {
	at := s.started
	if at.IsZero() {
		at = s.timestamp
	}
	now := in.batch.ReceivedAt
	if at.IsZero() {
		at = now
	} else if sent := in.sender.sentAt; !sent.IsZero() {
		if drift := now.Sub(sent); drift.Abs() > driftTolerated {
			at = at.Add(drift)
		}
	}
	if at.After(now) {
		at = now
	}
	return at, now.Sub(at) <= sessionAge
}

// userHash stands for a user; 0 for none.
func userHash(id string) uint64 {
	if id == "" {
		return 0
	}
	return max(xxh3.HashString(id), 1)
}

// sessionStatus understands the states of the protocol. A session with an unhandled error
// that went on errored.
func sessionStatus(s string) health.Status {
	switch s {
	case "exited":
		return health.Exited
	case "errored", "unhandled":
		return health.Errored
	case "crashed":
		return health.Crashed
	case "abnormal":
		return health.Abnormal
	}
	return health.OK
}

// session reads a whole item, which holds a session or groups, or one group.
func (d *decoder) session(whole bool) (s sessionItem) {
	if d.kind() != '{' {
		d.skip()
		return s
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "sid":
			d.text(&s.id, "sid")
		case "did":
			d.text(&s.user, "did")
		case "init":
			s.init, _ = d.boolean("init")
		case "started":
			d.time(&s.started, "started")
		case "timestamp":
			d.time(&s.timestamp, "timestamp")
		case "status":
			d.text(&s.status, "status")
		case "errors":
			s.errors, _ = d.integer("errors")
		case "exited":
			s.counts.Exited += d.quantity()
		case "errored", "unhandled":
			s.counts.Errored += d.quantity()
		case "crashed":
			s.counts.Crashed += d.quantity()
		case "abnormal":
			s.counts.Abnormal += d.quantity()
		case "attrs", "attributes":
			d.sessionOrigin(&s)
		case "aggregates":
			if !whole {
				d.skip()
				continue
			}
			d.sessionGroups(&s)
		default:
			d.skip()
		}
	}
	return s
}

// quantity reads how many sessions a group counts.
func (d *decoder) quantity() uint64 {
	n, _ := d.integer("quantity")
	return uint64(min(max(n, 0), sessionsAtOnce))
}

// sessionOrigin reads what program sessions are of.
func (d *decoder) sessionOrigin(s *sessionItem) {
	if d.kind() != '{' {
		d.skip()
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "release":
			d.text(&s.release, "release")
		case "environment":
			d.text(&s.environment, "environment")
		default:
			d.skip()
		}
	}
}

// sessionGroups reads what a client has counted itself. Groups hold no groups.
func (d *decoder) sessionGroups(s *sessionItem) {
	if d.kind() != '[' {
		d.skip()
		return
	}
	s.groups = []sessionItem{}
	for d.enter(); d.more(']'); {
		if len(s.groups) >= sessionGroups || d.kind() != '{' {
			d.skip()
			continue
		}
		g := d.session(false)
		s.groups = append(s.groups, g)
	}
}

// clip is a text of its own of at most so many bytes, without space around it.
func clip(s string, most int) string {
	s = strings.TrimSpace(s)
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), most)]), "")
}
