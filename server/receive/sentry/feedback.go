package sentry

import (
	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// feedbackLogger is the logger of events that tell what a user said.
const feedbackLogger = "feedback"

// opinion is what a user said of an error.
type opinion struct {
	eventID, name, email, message, url string
}

// read takes the fields under which user reports and feedback contexts have it.
func (o *opinion) read(text string) bool {
	d := decoder{}
	d.reset(text)
	if d.kind() != '{' {
		return false
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "event_id", "associated_event_id", "eventId":
			d.text(&o.eventID, "event_id")
		case "name":
			d.text(&o.name, "name")
		case "email", "contact_email":
			d.text(&o.email, "email")
		case "comments", "message":
			d.text(&o.message, "message")
		case "url":
			d.text(&o.url, "url")
		default:
			d.skip()
		}
	}
	return d.end()
}

// userReport reads a user report, and makes an event of it whose id follows from
// what it says, because the id in it is that of the error.
func (in *intake) userReport(text string) error {
	if len(text) > in.h.cfg.EventBytes {
		return errEventBytes
	}
	var o opinion
	if !o.read(text) {
		return errJSON
	}
	e := &event.Event{ID: event.ID(xxh3.HashString128(o.eventID + "\x00" + o.email + "\x00" + o.message).Bytes())}
	data := withMember("", "message", quote(o.message))
	for _, m := range [...][2]string{{"name", o.name}, {"contact_email", o.email}, {"associated_event_id", o.eventID}} {
		if m[1] != "" {
			data = withMember(data, m[0], quote(m[1]))
		}
	}
	e.Contexts = []event.Context{{Name: "feedback", Data: data}}
	in.said(parsed{Event: e}, o)
	return nil
}

// feedback completes an event that has a feedback context.
func (in *intake) feedback(p parsed) {
	var o opinion
	for i := range p.Contexts {
		if p.Contexts[i].Name == "feedback" {
			o.read(string(p.Contexts[i].Data))
		}
	}
	in.said(p, o)
}

// said makes an opinion what the event says.
func (in *intake) said(p parsed, o opinion) {
	e := p.Event
	if o.message != "" {
		e.Message = event.Message{Formatted: o.message}
	}
	if e.Level == event.LevelUnknown {
		e.Level = event.LevelInfo
	}
	e.Logger = feedbackLogger
	if e.User.Email == "" {
		e.User.Email = o.email
	}
	if e.User.Name == "" {
		e.User.Name = o.name
	}
	if e.Request.URL == "" {
		e.Request.URL = o.url
	}
	if id, err := event.ParseID(o.eventID); err == nil {
		e.Tags = append(e.Tags, event.Tag{Key: "associated_event_id", Value: id.String()})
	}
	in.add(p)
}
