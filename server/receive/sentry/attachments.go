package sentry

import (
	"context"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// Attachments keeps the files of events.
//
// Keep must return for each file why it is not kept, or nothing. It must not hold on to the
// contents, which are a request's.
type Attachments interface {
	Keep(ctx context.Context, projectID uint32, id event.ID, files []attachment.Incoming, at time.Time) []attachment.Reason
}

// describe lists files in the event they came with, and says which event that is: the
// first that is no feedback, else the first.
func (in *intake) describe() (place int) {
	events := in.batch.Events
	if len(events) == 0 || len(in.files) == 0 {
		return 0
	}
	for place < len(events) && events[place].Logger == feedbackLogger {
		place++
	}
	if place == len(events) {
		place = 0
	}
	list := make([]event.Attachment, min(len(in.files), describedFiles))
	for i := range list {
		f := &in.files[i]
		// What aliases the request would hold all of it.
		list[i] = event.Attachment{
			Filename: strings.Clone(f.Name), ContentType: strings.Clone(f.ContentType), Type: strings.Clone(f.Type), Size: uint64(len(f.Content)),
		}
	}
	events[place].Attachments = list
	return place
}

// describedFiles bounds the files that are listed in an event.
const describedFiles = 100

// finish hands over the events, and keeps the files of what was stored. Files that come
// without an event belong to the one that id names.
func (in *intake) finish(ctx context.Context, id event.ID) []outcome.Result {
	place := in.describe()
	results := in.hand(ctx)
	if len(in.files) == 0 || in.batch.ProjectID == 0 {
		return results
	}
	if len(results) > place {
		r := &results[place]
		if r.Kind != outcome.Stored && r.Kind != outcome.Duplicate {
			return results // what became of the event became of its files
		}
		id = r.EventID
	}
	in.keep(ctx, id)
	return results
}

// keep keeps the files, and counts those that are left out.
func (in *intake) keep(ctx context.Context, id event.ID) {
	reasons := make([]attachment.Reason, len(in.files))
	switch {
	case id.IsZero():
		for i := range reasons {
			reasons[i] = attachment.NoEvent
		}
	case in.h.attachments != nil:
		reasons = in.h.attachments.Keep(ctx, in.batch.ProjectID, id, in.files, in.batch.ReceivedAt)
	}
	left := receive.Batch{ProjectID: in.batch.ProjectID, KeyID: in.batch.KeyID, Attempt: 1, ReceivedAt: in.batch.ReceivedAt, Protocol: in.batch.Protocol}
	for _, reason := range reasons {
		if reason != "" {
			left.Refused = countLeft(left.Refused, reason)
		}
	}
	if len(left.Refused) > 0 {
		in.h.sink.Receive(ctx, &left)()
	}
}

// countLeft counts a file that is not kept.
func countLeft(list []receive.Refused, reason attachment.Reason) []receive.Refused {
	for i := range list {
		if list[i].Reason == outcome.Reason(reason) {
			list[i].Count++
			return list
		}
	}
	kind := outcome.Limited
	switch reason {
	case attachment.NoEvent:
		kind = outcome.Invalid
	case attachment.Failed:
		kind = outcome.Lost
	}
	return append(list, receive.Refused{Kind: kind, Reason: outcome.Reason(reason), Count: 1})
}

// incoming is an attachment item.
func incoming(it *item) attachment.Incoming {
	f := attachment.Incoming{Name: it.filename, ContentType: it.contentType, Type: it.attachmentType, Content: it.payload}
	if f.Type == "" {
		f.Type = attachment.Plain
	}
	return f
}

// filesOf reads a form of files that belong to an event which came, or comes, by itself.
func (in *intake) filesOf(text string, r *http.Request) error {
	u := newUpload()
	reader, err := formReader(text, r)
	if err != nil {
		return err
	}
	if err := u.form(reader, in.h.cfg); err != nil {
		return err
	}
	if u.dump != "" {
		u.dumpFile.Content = u.dump
		u.files = append(u.files, u.dumpFile)
	}
	in.h.metrics.item("attachment", len(u.files))
	in.files = u.files
	return nil
}

// formReader reads a request's form.
func formReader(text string, r *http.Request) (*multipart.Reader, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, errForm
	}
	return multipart.NewReader(strings.NewReader(text), params["boundary"]), nil
}
