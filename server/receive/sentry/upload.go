package sentry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/quota"
)

// errForm is returned for a form that cannot be read.
var errForm = errors.New("the multipart form cannot be read")

// What the part of the dump in a minidump request is called, and bounds.
const (
	partMinidump = "upload_file_minidump"

	uploadParts = 1000
	partHeader  = 1 << 10 // of a name in brackets
)

// upload is what a minidump request brings.
type upload struct {
	dump   string
	json   string            // the event
	chunks map[int]string    // the event in pieces
	nested map[string]any    // the event as parts with names in brackets
	packed []string          // events and breadcrumbs in MessagePack
	extra  map[string]string // other texts
	files  []attachment.Incoming

	dumpFile attachment.Incoming // without its content
}

func newUpload() *upload {
	return &upload{chunks: map[int]string{}, nested: map[string]any{}, extra: map[string]string{}}
}

// minidump reads the request of a crash reporter: a form, or the file alone.
func (in *intake) minidump(text string, r *http.Request) error {
	u := newUpload()
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		err = u.form(multipart.NewReader(strings.NewReader(text), params["boundary"]), in.h.cfg)
	} else {
		err = nil
		u.dump = text
		u.dumpFile = attachment.Incoming{Name: "minidump.dmp", ContentType: "application/x-dmp", Type: attachment.Minidump}
	}
	if err != nil {
		return err
	}
	if u.dump, err = in.unpack(r.Context(), u.dump, in.h.cfg.BodyBytes); err != nil {
		return bodyError(err, &in.h.cfg)
	}
	m, err := parseMinidump(u.dump)
	if err != nil {
		return err
	}
	p, err := u.event(in)
	if err != nil {
		return err
	}
	m.fill(p.Event)
	u.dumpFile.Content = u.dump
	in.files = append([]attachment.Incoming{u.dumpFile}, u.files...)
	in.add(p)
	return nil
}

// form reads the parts.
func (u *upload) form(r *multipart.Reader, cfg Config) error {
	for range uploadParts {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errForm, err)
		}
		data, err := io.ReadAll(io.LimitReader(part, cfg.BodyBytes))
		if err != nil {
			return fmt.Errorf("%w: %w", errForm, err)
		}
		u.part(part.FormName(), part.FileName(), part.Header.Get("Content-Type"), string(data))
	}
	return fmt.Errorf("%w: it has more than %d parts", errForm, uploadParts)
}

func (u *upload) part(name, file, contentType, data string) {
	switch {
	case name == partMinidump:
		u.dump = data
		u.dumpFile = attachment.Incoming{Name: file, ContentType: contentType, Type: attachment.Minidump}
	case name == "sentry":
		u.json = data
	case strings.HasPrefix(name, "sentry__"):
		if n, err := strconv.Atoi(name[len("sentry__"):]); err == nil {
			u.chunks[n] = data
		}
	case strings.HasPrefix(name, "sentry[") && len(name) < partHeader:
		nest(u.nested, strings.FieldsFunc(name[len("sentry"):], func(r rune) bool { return r == '[' || r == ']' }), data)
	case strings.HasPrefix(name, "__sentry-"):
		u.packed = append(u.packed, name, data)
	case file != "":
		u.files = append(u.files, attachment.Incoming{Name: file, ContentType: contentType, Type: attachment.Plain, Content: data})
	case name != "":
		u.extra[name] = data
	}
}

// nest puts a value into a tree of objects.
func nest(tree map[string]any, path []string, value string) {
	if len(path) == 0 {
		return
	}
	for _, name := range path[:len(path)-1] {
		branch, ok := tree[name].(map[string]any)
		if !ok {
			branch = map[string]any{}
			tree[name] = branch
		}
		tree = branch
	}
	tree[path[len(path)-1]] = value
}

// event reads the event that came with the dump; an empty one if none did, or if
// it cannot be read: the crash is worth more.
func (u *upload) event(in *intake) (parsed, error) {
	text := u.json
	if len(u.chunks) > 0 {
		numbers := make([]int, 0, len(u.chunks))
		for n := range u.chunks {
			numbers = append(numbers, n)
		}
		slices.Sort(numbers)
		for _, n := range numbers {
			text += u.chunks[n]
		}
	}
	if text == "" && len(u.nested) > 0 {
		data, err := json.Marshal(u.nested)
		if err != nil {
			return parsed{}, fmt.Errorf("%w: %w", errForm, err)
		}
		text = string(data)
	}
	if text == "" {
		text = u.unpacked()
	}
	p := parsed{Event: &event.Event{}}
	if text != "" {
		read, err := in.decode(text)
		switch {
		case err == nil:
			p = read
		default:
			p.ignored = []string{"sentry"}
		}
	}
	if len(u.extra) > 0 && p.Extra == "" {
		data, err := json.Marshal(u.extra)
		if err != nil {
			return parsed{}, fmt.Errorf("%w: %w", errForm, err)
		}
		p.Extra = event.Object(data)
	}
	return p, nil
}

// crash adds what a minidump in an envelope says, to its first event or as an event. One
// that cannot be read is listed as an attachment, as it came; only a lack of room is an error.
func (in *intake) crash(ctx context.Context, dump string, id event.ID) error {
	dump, err := in.unpack(ctx, dump, in.h.cfg.BodyBytes)
	if errors.Is(err, quota.ErrNoRoom) {
		return errNoRoom
	}
	if err != nil {
		return nil
	}
	m, err := parseMinidump(dump)
	if err != nil {
		return nil
	}
	for _, e := range in.batch.Events {
		if e.Logger != feedbackLogger {
			m.fill(e)
			return nil
		}
	}
	e := &event.Event{ID: id}
	m.fill(e)
	in.add(parsed{Event: e})
	return nil
}
