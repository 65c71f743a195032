package sentry

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/faultline-dev/faultline/internal/event"
)

// decoder reads one event. Every method that is given a destination reads the
// value at the cursor, of whatever kind it is: what does not fit is skipped and
// noted, null leaves the destination as it is.
type decoder struct {
	cursor
	budget  int      // bytes of memory that lists may still take
	ignored []string // paths of fields that could not be understood

	// Where lists are collected before their length is known.
	frames     []event.Frame
	crumbs     []event.Breadcrumb
	tags       []event.Tag
	lines      []string
	exceptions []event.Exception
	ids        []relation

	kept slab // of lines
}

const (
	growthBase   = 16 << 10 // memory that the lists of every event may take
	growth       = 20       // and as many times its own size
	maxIgnored   = 20       // paths that are noted
	maxObject    = 64       // nesting of free-form objects
	slabLines    = 128
	maxScratch   = 1 << 10 // elements of scratch lists that stay with an idle decoder
	millisAfter  = 1e11    // a time above is in milliseconds, not seconds
	maxTimestamp = 1e11    // seconds; the year 5138
)

// reset makes the decoder ready for another document.
func (d *decoder) reset(text string) {
	d.cursor = cursor{text: text}
	d.budget = growthBase + growth*len(text)
	d.ignored, d.kept = nil, nil
}

// release lets go of everything that was read.
func (d *decoder) release() {
	d.reset("")
	d.frames, d.crumbs, d.tags = bounded(d.frames), bounded(d.crumbs), bounded(d.tags)
	d.lines, d.exceptions, d.ids = bounded(d.lines), bounded(d.exceptions), bounded(d.ids)
}

// bounded is a scratch list that may stay with an idle decoder.
func bounded[T any](list []T) []T {
	if cap(list) > maxScratch {
		return nil
	}
	return list[:0]
}

// empty lets go of what a scratch list holds.
func empty[T any](list *[]T) {
	clear(*list)
	*list = (*list)[:0]
}

// ignore notes that a field was not understood.
func (d *decoder) ignore(path string) {
	if len(d.ignored) >= maxIgnored {
		return
	}
	for _, known := range d.ignored {
		if known == path {
			return
		}
	}
	d.ignored = append(d.ignored, path)
}

// pass skips the value at the cursor, and notes it unless it is null.
func (d *decoder) pass(path string) {
	if d.kind() != 'n' {
		d.ignore(path)
	}
	d.skip()
}

// room takes the memory of one more element from the budget.
func room[T any](d *decoder, path string) bool {
	var element T
	if d.budget -= int(unsafe.Sizeof(element)); d.budget < 0 {
		d.ignore(path)
		return false
	}
	return true
}

// slab is memory for small lists of lines.
type slab []string

// keep copies a list out of the scratch.
func (s *slab) keep(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	if n := len(lines); n > cap(*s) {
		*s = make([]string, 0, max(n, slabLines))
	}
	out := append((*s)[:0:len(lines)], lines...)
	*s = (*s)[len(lines):len(lines):cap(*s)]
	return out
}

// isText reports whether the value at the cursor has a text: a string, number or boolean.
func (d *decoder) isText() bool {
	switch d.kind() {
	case '{', '[', 'n':
		return false
	}
	return true
}

// take is the text of a string, number or boolean.
func (d *decoder) take() string {
	switch d.kind() {
	case '"':
		return d.str()
	case 't', 'f':
		if d.literal() == "true" {
			return "True"
		}
		return "False"
	}
	return d.number()
}

// text reads a string; numbers and booleans count as their text.
func (d *decoder) text(dst *string, path string) {
	switch {
	case d.kind() == '"':
		*dst = d.str()
	case d.isText():
		*dst = d.take()
	default:
		d.pass(path)
	}
}

// anyText reads a string; what is none becomes its JSON.
func (d *decoder) anyText(dst *string) {
	switch d.kind() {
	case '"':
		*dst = d.str()
	case 'n':
		d.skip()
	default:
		*dst = d.raw()
	}
}

// object keeps an object as text. A list becomes an object with its places as names.
func (d *decoder) object(dst *event.Object, path string) {
	switch d.kind() {
	case '{':
		if raw := d.raw(); nesting(raw) > maxObject {
			d.ignore(path)
		} else if raw != "{}" {
			*dst = event.Object(raw)
		}
	case '[':
		var b strings.Builder
		i := 0
		for d.enter(); d.more(']'); i++ {
			raw := d.raw()
			if b.Len() == 0 {
				b.WriteByte('{')
			} else {
				b.WriteByte(',')
			}
			b.WriteByte('"')
			b.WriteString(strconv.Itoa(i))
			b.WriteString(`":`)
			b.WriteString(raw)
		}
		if b.Len() == 0 {
			return
		}
		b.WriteByte('}')
		if nesting(b.String()) > maxObject {
			d.ignore(path)
			return
		}
		*dst = event.Object(b.String())
	default:
		d.pass(path)
	}
}

// boolean reads true or false, also as a string or number.
func (d *decoder) boolean(path string) (value, ok bool) {
	switch d.kind() {
	case 't', 'f':
		return d.literal() == "true", true
	case '{', '[', 'n':
		d.pass(path)
		return false, false
	}
	switch strings.ToLower(d.take()) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	d.ignore(path)
	return false, false
}

// integer reads a whole number, also as a string.
func (d *decoder) integer(path string) (value int64, ok bool) {
	if !d.isText() {
		d.pass(path)
		return 0, false
	}
	s := d.take()
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	if f, ok := float(s); ok && math.Abs(f) < 1<<53 {
		return int64(f), true
	}
	d.ignore(path)
	return 0, false
}

// count reads a line or column: what is below 1 or too large is not known.
func (d *decoder) count(dst *uint32, path string) {
	if d.kind() == 'n' {
		d.skip()
		return
	}
	if i, ok := d.integer(path); ok && i > 0 && i <= math.MaxUint32 {
		*dst = uint32(i)
	}
}

// address reads a memory address or size: a number, or digits in a string, with
// 0x hexadecimal.
func (d *decoder) address(dst *uint64, path string) {
	if !d.isText() {
		d.pass(path)
		return
	}
	s := d.take()
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		*dst = u
		return
	}
	if f, ok := float(s); ok && f >= 0 && f < 1<<63 {
		*dst = uint64(f)
		return
	}
	d.ignore(path)
}

// level reads a severity: a name, or Python's number.
func (d *decoder) level(dst *event.Level, path string) {
	if !d.isText() {
		d.pass(path)
		return
	}
	s := d.take()
	if l, ok := parseLevel(s); ok {
		*dst = l
		return
	}
	d.ignore(path)
}

func parseLevel(s string) (event.Level, bool) {
	if l, ok := event.ParseLevel(s); ok {
		return l, true
	}
	if l, ok := event.ParseLevel(strings.ToLower(strings.TrimSpace(s))); ok {
		return l, true
	}
	if n, ok := float(s); ok && n > 0 {
		switch {
		case n < 20:
			return event.LevelDebug, true
		case n < 30:
			return event.LevelInfo, true
		case n < 40:
			return event.LevelWarning, true
		case n < 50:
			return event.LevelError, true
		}
		return event.LevelFatal, true
	}
	return event.LevelUnknown, false
}

// time reads seconds since 1970, or a date and time in the form of ISO 8601.
func (d *decoder) time(dst *time.Time, path string) {
	if !d.isText() {
		d.pass(path)
		return
	}
	s := d.take()
	if t, ok := parseTime(s); ok {
		*dst = t
		return
	}
	d.ignore(path)
}

// timeLayouts are the forms in which clients write times beside RFC 3339.
var timeLayouts = [...]string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 Z07:00", "2006-01-02",
}

func parseTime(s string) (time.Time, bool) {
	if len(s) > 10 && s[4] == '-' {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC(), true
		}
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, s); err == nil {
				return t.UTC(), true
			}
		}
		return time.Time{}, false
	}
	f, ok := float(s)
	if !ok || f <= 0 {
		t, err := time.Parse("2006-01-02", s)
		return t, err == nil
	}
	if f > millisAfter {
		f /= 1000
	}
	if f > maxTimestamp {
		return time.Time{}, false
	}
	seconds := math.Floor(f)
	micros := int64(math.Round((f - seconds) * 1e6)) // what a float64 of today can tell
	return time.Unix(int64(seconds), 1000*micros).UTC(), true
}
