package event

import "time"

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
