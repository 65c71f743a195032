package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
)

// trimmer cuts an event down to the limits and notes the path of what it cut.
type trimmer struct {
	limits *Limits
	event  *event.Event
}

// text makes a string valid and at most limit bytes long. The path is built
// only when something is cut, because nearly nothing ever is.
func (t *trimmer) text(s *string, limit int, path func() string) {
	if !utf8.ValidString(*s) {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	if len(*s) > limit {
		*s = cut(*s, limit)
		t.note(path())
	}
}

func (t *trimmer) note(path string) { t.event.Trimmed = append(t.event.Trimmed, path) }

// named is the path of a field by its name alone.
func named(name string) func() string { return func() string { return name } }

// cut shortens to at most n bytes without splitting a character.
func cut(s string, n int) string {
	const mark = "…"
	if n <= len(mark) {
		return ""
	}
	n -= len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n]) + mark
}

// object empties a JSON object that is too large or no object at all: half of
// one cannot be shown.
func (t *trimmer) object(o *event.Object, path func() string) {
	if *o == "" {
		return
	}
	if !utf8.ValidString(string(*o)) {
		*o = event.Object(strings.ToValidUTF8(string(*o), "\uFFFD"))
	}
	if len(*o) > t.limits.Object {
		*o = ""
		t.note(path())
	}
}

func index(list string, i int, field string) func() string {
	return func() string { return list + "[" + strconv.Itoa(i) + "]" + field }
}

func (t *trimmer) scalars() {
	e, l := t.event, t.limits
	t.text(&e.Logger, l.Name, named("logger"))
	t.text(&e.Transaction, l.Name, named("transaction"))
	t.text(&e.ServerName, l.Symbol, named("server_name"))
	t.text(&e.Release, l.Name, named("release"))
	t.text(&e.Dist, l.Name, named("dist"))
	t.text(&e.Environment, l.Name, named("environment"))
	t.text(&e.Message.Template, l.Message, named("message.template"))
	t.text(&e.Message.Formatted, l.Message, named("message.formatted"))
	e.Message.Params = keepFirst(t, e.Message.Params, l.Tags, "message.params")
	for i := range e.Message.Params {
		t.text(&e.Message.Params[i], l.Name, index("message.params", i, ""))
	}
	t.text(&e.SDK.Name, l.Name, named("sdk.name"))
	t.text(&e.SDK.Version, l.Name, named("sdk.version"))
	e.SDK.Integrations = keepFirst(t, e.SDK.Integrations, l.Tags, "sdk.integrations")
	for i := range e.SDK.Integrations {
		t.text(&e.SDK.Integrations[i], l.Name, index("sdk.integrations", i, ""))
	}
	e.Fingerprint = keepFirst(t, e.Fingerprint, l.Fingerprint, "fingerprint")
	for i := range e.Fingerprint {
		t.text(&e.Fingerprint[i], l.Name, index("fingerprint", i, ""))
	}
}

func (t *trimmer) exceptions() {
	e, l := t.event, t.limits
	e.Exceptions = keepFirst(t, e.Exceptions, l.Exceptions, "exceptions")
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		t.text(&x.Type, l.Symbol, index("exceptions", i, ".type"))
		t.text(&x.Value, l.Message, index("exceptions", i, ".value"))
		t.text(&x.Module, l.Symbol, index("exceptions", i, ".module"))
		t.text(&x.ThreadID, l.Symbol, index("exceptions", i, ".thread_id"))
		m := &x.Mechanism
		t.text(&m.Type, l.Name, index("exceptions", i, ".mechanism.type"))
		t.text(&m.Source, l.Name, index("exceptions", i, ".mechanism.source"))
		t.text(&m.Description, l.Message, index("exceptions", i, ".mechanism.description"))
		t.object(&m.Data, index("exceptions", i, ".mechanism.data"))
		t.stack(&x.Stack, index("exceptions", i, ""))
	}
}

func (t *trimmer) threads() {
	e, l := t.event, t.limits
	e.Threads = keepFirst(t, e.Threads, l.Threads, "threads")
	for i := range e.Threads {
		th := &e.Threads[i]
		t.text(&th.ID, l.Symbol, index("threads", i, ".id"))
		t.text(&th.Name, l.Symbol, index("threads", i, ".name"))
		t.text(&th.State, l.Symbol, index("threads", i, ".state"))
		t.stack(&th.Stack, index("threads", i, ""))
	}
}

// stack keeps the ends of a stack that is too long: the calls that led to it
// and those nearest the crash. The middle is what recursion repeats.
func (t *trimmer) stack(s *event.Stacktrace, path func() string) {
	l := t.limits
	if s.Shared != 0 {
		return
	}
	if n := len(s.Frames); n > l.Frames {
		half := l.Frames / 2
		kept := make([]event.Frame, 0, l.Frames)
		kept = append(kept, s.Frames[:half]...)
		kept = append(kept, s.Frames[n-(l.Frames-half):]...)
		s.Omitted += n - len(kept)
		s.Frames = kept
		t.note(path() + ".stacktrace.frames")
	}
	for i := range s.Frames {
		f := &s.Frames[i]
		at := func(field string) func() string {
			return func() string { return path() + ".stacktrace.frames[" + strconv.Itoa(i) + "]" + field }
		}
		t.text(&f.Function, l.Symbol, at(".function"))
		t.text(&f.Module, l.Symbol, at(".module"))
		t.text(&f.Filename, l.Path, at(".filename"))
		t.text(&f.AbsPath, l.Path, at(".abs_path"))
		t.text(&f.ContextLine, l.SourceLine, at(".context_line"))
		t.text(&f.Package, l.Path, at(".package"))
		t.text(&f.Symbol, l.Symbol, at(".symbol"))
		t.text(&f.Platform, l.Name, at(".platform"))
		f.PreContext = t.lines(f.PreContext, true, at(".pre_context"))
		f.PostContext = t.lines(f.PostContext, false, at(".post_context"))
		t.object(&f.Vars, at(".vars"))
	}
}

// maxContextLines is how many source lines are kept on either side.
const maxContextLines = 10

func (t *trimmer) lines(lines []string, last bool, path func() string) []string {
	if len(lines) > maxContextLines {
		t.note(path())
		if last {
			lines = lines[len(lines)-maxContextLines:]
		} else {
			lines = lines[:maxContextLines]
		}
	}
	for i := range lines {
		t.text(&lines[i], t.limits.SourceLine, path)
	}
	return lines
}

func (t *trimmer) breadcrumbs() {
	e, l := t.event, t.limits
	e.Breadcrumbs = keepLast(t, e.Breadcrumbs, l.Breadcrumbs, "breadcrumbs")
	for i := range e.Breadcrumbs {
		b := &e.Breadcrumbs[i]
		t.text(&b.Type, l.Name, index("breadcrumbs", i, ".type"))
		t.text(&b.Category, l.Name, index("breadcrumbs", i, ".category"))
		t.text(&b.Message, l.Message, index("breadcrumbs", i, ".message"))
		t.object(&b.Data, index("breadcrumbs", i, ".data"))
		if b.Level > event.LevelFatal {
			b.Level = event.LevelUnknown
		}
	}
}

func (t *trimmer) request() {
	r, l := &t.event.Request, t.limits
	t.text(&r.URL, l.Path, named("request.url"))
	t.text(&r.Method, l.Name, named("request.method"))
	t.text(&r.Query, l.Message, named("request.query_string"))
	t.text(&r.Cookies, l.Message, named("request.cookies"))
	t.text(&r.Body, l.Body, named("request.body"))
	r.Headers = t.pairs(r.Headers, l.Headers, l.Message, "request.headers")
	r.Env = t.pairs(r.Env, l.Headers, l.Message, "request.env")
}

func (t *trimmer) user() {
	u, l := &t.event.User, t.limits
	t.text(&u.ID, l.Name, named("user.id"))
	t.text(&u.Email, l.Name, named("user.email"))
	t.text(&u.Username, l.Name, named("user.username"))
	t.text(&u.Name, l.Name, named("user.name"))
	t.text(&u.IP, l.Name, named("user.ip_address"))
	u.Data = t.pairs(u.Data, l.Tags, l.Name, "user.data")
}

func (t *trimmer) tags() {
	e, l := t.event, t.limits
	e.Tags = t.pairs(e.Tags, l.Tags, l.Name, "tags")
	// The first of equal keys wins, empty ones go, line breaks would break search.
	kept, ordered := e.Tags[:0], true
	for i := range e.Tags {
		tag := e.Tags[i]
		tag.Key = strings.TrimSpace(tag.Key)
		if tag.Key == "" || tag.Value == "" {
			continue
		}
		if strings.IndexByte(tag.Value, '\n') >= 0 || strings.IndexByte(tag.Value, '\r') >= 0 {
			tag.Value = strings.Join(strings.Fields(tag.Value), " ")
		}
		// Where they come in order, only the last one can be the same.
		ordered = ordered && (len(kept) == 0 || kept[len(kept)-1].Key <= tag.Key)
		duplicate := len(kept) > 0 && kept[len(kept)-1].Key == tag.Key
		for j := 0; j < len(kept) && !ordered; j++ {
			duplicate = duplicate || kept[j].Key == tag.Key
		}
		if !duplicate {
			kept = append(kept, tag)
		}
	}
	e.Tags = kept
}

func (t *trimmer) objects() {
	e, l := t.event, t.limits
	e.Contexts = keepFirst(t, e.Contexts, l.Contexts, "contexts")
	for i := range e.Contexts {
		c := &e.Contexts[i]
		t.text(&c.Name, l.Name, index("contexts", i, ".name"))
		t.object(&c.Data, func() string { return "contexts." + c.Name })
	}
	t.object(&e.Extra, named("extra"))
}

func (t *trimmer) rest() {
	e, l := t.event, t.limits
	e.Modules = t.pairs(e.Modules, l.Modules, l.Name, "modules")
	e.DebugImages = keepFirst(t, e.DebugImages, l.Images, "debug_images")
	for i := range e.DebugImages {
		d := &e.DebugImages[i]
		for _, s := range [...]*string{&d.Type, &d.DebugID, &d.CodeID, &d.CodeFile, &d.DebugFile, &d.Arch} {
			t.text(s, l.Path, index("debug_images", i, ""))
		}
	}
	e.Attachments = keepFirst(t, e.Attachments, l.Tags, "attachments")
	for i := range e.Attachments {
		a := &e.Attachments[i]
		for _, s := range [...]*string{&a.Filename, &a.ContentType, &a.Type} {
			t.text(s, l.Path, index("attachments", i, ""))
		}
	}
	e.Flags = keepLast(t, e.Flags, l.Flags, "flags")
	for i := range e.Flags {
		t.text(&e.Flags[i].Name, l.Name, index("flags", i, ".name"))
		t.text(&e.Flags[i].Result, l.Name, index("flags", i, ".result"))
	}
}

func (t *trimmer) pairs(pairs []event.Tag, count, value int, path string) []event.Tag {
	pairs = keepFirst(t, pairs, count, path)
	for i := range pairs {
		t.text(&pairs[i].Key, t.limits.TagKey, index(path, i, ".key"))
		t.text(&pairs[i].Value, value, func() string { return path + "." + pairs[i].Key })
	}
	return pairs
}

func keepFirst[T any](t *trimmer, list []T, n int, path string) []T {
	if len(list) <= n {
		return list
	}
	t.note(path)
	return list[:n]
}

func keepLast[T any](t *trimmer, list []T, n int, path string) []T {
	if len(list) <= n {
		return list
	}
	t.note(path)
	return list[len(list)-n:]
}
