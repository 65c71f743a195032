package event

import (
	"time"

	"github.com/zeebo/xxh3"
)

// Occurrence is an event after all stages: with the project it belongs to, the
// fingerprint that decides its issue, and the words that lists show.
type Occurrence struct {
	ProjectID     uint32
	KeyID         string // key or token that let it in
	ReceivedAt    time.Time
	RetentionDays uint16
	Event         *Event
	Fingerprint   Fingerprint
	Parts         []Part // what made the fingerprint, in order
	Title         string // exception type and value, or the message
	Culprit       string // where: transaction, or crashing in-app function
}

// Part is one part of a fingerprint, kept so that a person can see why an event
// is in its issue.
type Part struct {
	Kind   string // exception_type, frame, message, exception_value, client, ...
	Value  string // what was hashed
	Source string // path of the field it comes from
}

// UserHash is a number that stands for the user in counts; 0 if nobody is
// known. Ids, e-mails, names and addresses are told apart, so that the id "7"
// and the name "7" are two users.
func (e *Event) UserHash() uint64 {
	u := &e.User
	for i, s := range [...]string{u.ID, u.Email, u.Username, u.Name, u.IP} {
		if s != "" {
			h := xxh3.HashStringSeed(s, uint64(i)+1)
			return max(h, 1)
		}
	}
	return 0
}
