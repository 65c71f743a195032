package sentry

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// shelf keeps files in memory, but for those that are called large.
type shelf struct {
	mu    sync.Mutex
	files map[event.ID]map[string]string
}

func (s *shelf) Keep(_ context.Context, projectID uint32, id event.ID, files []attachment.Incoming, _ time.Time) []attachment.Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	reasons := make([]attachment.Reason, len(files))
	for i, f := range files {
		if f.Name == "large" || projectID != 7 {
			reasons[i] = attachment.ItemBytes
			continue
		}
		if s.files == nil {
			s.files = map[event.ID]map[string]string{}
		}
		if s.files[id] == nil {
			s.files[id] = map[string]string{}
		}
		s.files[id][f.Name+" "+f.Type] = f.Content
	}
	return reasons
}

func TestFilesAreKeptWithTheirEvents(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	kept := &shelf{}
	p.handler.attachments = kept
	f := func(body string, want map[string]string, contentType ...string) {
		t.Helper()
		kept.files = nil
		path := "/api/7/envelope/"
		if len(contentType) > 0 {
			path = "/api/7/events/" + testID + "/attachments/"
		}
		if w := p.send(t, "POST", path+withKey, body, contentType...); w.StatusCode != 200 {
			t.Errorf("%d %s", w.StatusCode, w.text)
		}
		id, _ := event.ParseID(testID)
		same(t, kept.files[id], want)
	}
	const named, file = `{"event_id":"` + testID + `"}`, `{"type":"attachment","length":3,"filename":"a"}`
	f(envelopeOf(named, `{"type":"event"}`, `{"message":"x"}`, file, "abc"), map[string]string{"a event.attachment": "abc"})
	same(t, p.event(t).Attachments, []event.Attachment{{Filename: "a", Type: "event.attachment", Size: 3}})
	f(envelopeOf(named, file, "abc"), map[string]string{"a event.attachment": "abc"})
	f(envelopeOf(named, `{"type":"feedback"}`, `{"contexts":{"feedback":{"message":"x"}}}`, file, "abc"), map[string]string{"a event.attachment": "abc"})
	dump := crashed()
	f(envelopeOf(named, `{"type":"attachment","attachment_type":"event.minidump","filename":"d","length":`+jsonLength(dump)+`}`, dump), map[string]string{"d event.minidump": dump})
	form, contentType := multipartOf("log", "app.log", "abc", partMinidump, "d", "MD")
	f(form, map[string]string{"app.log event.attachment": "abc", "d event.minidump": "MD"}, contentType)

	f(envelopeOf(named, `{"type":"attachment","length":1,"filename":"large"}`, "x", `{"type":"attachment","length":1,"filename":"large"}`, "y"), nil)
	if r := p.last(t).Refused; len(r) != 1 || r[0].Kind != outcome.Limited || r[0].Reason != "attachment_item_bytes" || r[0].Count != 2 {
		t.Errorf("%+v", r)
	}
	f(envelopeOf(`{}`, file, "abc"), nil)
	if r := p.last(t).Refused; len(r) != 1 || r[0].Kind != outcome.Invalid || r[0].Reason != "attachment_no_event" {
		t.Errorf("%+v", r)
	}
	p.answer = func(*event.Event) outcome.Result { return outcome.Result{Kind: outcome.Filtered} }
	f(envelopeOf(named, `{"type":"event"}`, `{"message":"x"}`, file, "abc"), nil)
	p.answer = nil

	form, contentType = multipartOf(partMinidump, "d", dump, "log", "app.log", "abc")
	if w := p.send(t, "POST", "/api/7/minidump/"+withKey, form, contentType); w.StatusCode != 200 {
		t.Errorf("%d %s", w.StatusCode, w.text)
	}
	same(t, kept.files[p.event(t).ID], map[string]string{"app.log event.attachment": "abc", "d event.minidump": dump})
	if w := p.send(t, "POST", "/api/7/events/"+testID+"/attachments/"+withKey, "abc"); w.StatusCode != 400 {
		t.Errorf("%d %s", w.StatusCode, w.text)
	}
}
