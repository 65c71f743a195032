package event

import (
	"slices"
	"strings"
	"time"
)

// Summary is the short form of a stored event: what lists, alerts and the live
// tail show of it.
type Summary struct {
	EventID     ID
	ProjectID   uint32
	Fingerprint Fingerprint
	Timestamp   time.Time
	ReceivedAt  time.Time
	Title       string
	Culprit     string
	Level       Level
	Handled     bool
	Platform    string
	Release     string
	Environment string
	Transaction string
	ServerName  string
	User        string // User.Label
	Tags        []Tag
}

// Summary makes the short form of an occurrence. It shares the tags.
func (o *Occurrence) Summary() Summary {
	e := o.Event
	return Summary{
		EventID: e.ID, ProjectID: o.ProjectID, Fingerprint: o.Fingerprint,
		Timestamp: e.Timestamp, ReceivedAt: o.ReceivedAt, Title: o.Title, Culprit: o.Culprit,
		Level: e.Level, Handled: e.Handled(), Platform: e.Platform, Release: e.Release,
		Environment: e.Environment, Transaction: e.Transaction, ServerName: e.ServerName,
		User: e.User.Label(), Tags: e.Tags,
	}
}

// Clone makes a copy that shares no memory with the event that it is of.
func (s Summary) Clone() Summary {
	for _, text := range [...]*string{
		&s.Title, &s.Culprit, &s.Platform, &s.Release, &s.Environment, &s.Transaction, &s.ServerName, &s.User,
	} {
		*text = strings.Clone(*text)
	}
	s.Tags = slices.Clone(s.Tags)
	for i, t := range s.Tags {
		s.Tags[i] = Tag{strings.Clone(t.Key), strings.Clone(t.Value)}
	}
	return s
}
