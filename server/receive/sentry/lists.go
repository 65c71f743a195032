package sentry

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// pairs reads names with values: an object, or a list of pairs or of objects with
// key and value. Values that are null are left out.
func (d *decoder) pairs(path string) []event.Tag {
	defer empty(&d.tags)
	switch d.kind() {
	case '{':
		for d.enter(); d.more('}'); {
			t := event.Tag{Key: d.key()}
			d.pairValue(&t, path)
		}
	case '[':
		for d.enter(); d.more(']'); {
			d.pair(path)
		}
	default:
		d.pass(path)
	}
	return keep(d.tags)
}

// pair reads one element of a list of pairs.
func (d *decoder) pair(path string) {
	var t event.Tag
	switch d.kind() {
	case '[':
		n := 0
		for d.enter(); d.more(']'); n++ {
			switch n {
			case 0:
				d.text(&t.Key, path)
			case 1:
				d.pairValue(&t, path)
			default:
				d.skip()
			}
		}
	case '{':
		var value event.Tag
		for d.enter(); d.more('}'); {
			switch d.key() {
			case "key", "name":
				d.text(&t.Key, path)
			case "value":
				d.anyText(&value.Value)
			default:
				d.skip()
			}
		}
		t.Value = value.Value
		d.addPair(t, path)
	case '"':
		d.addPair(event.Tag{Key: d.str()}, path)
	default:
		d.pass(path)
	}
}

// pairValue reads the value of a pair; a list of texts is joined.
func (d *decoder) pairValue(t *event.Tag, path string) {
	switch d.kind() {
	case 'n':
		d.skip()
		return
	case '[':
		var parts []string
		for d.enter(); d.more(']'); {
			var s string
			d.anyText(&s)
			parts = append(parts, s)
		}
		t.Value = strings.Join(parts, ", ")
	case '{':
		t.Value = d.raw()
	default:
		t.Value = d.take()
	}
	d.addPair(*t, path)
}

func (d *decoder) addPair(t event.Tag, path string) {
	if room[event.Tag](d, path) {
		d.tags = append(d.tags, t)
	}
}

// keep copies a list out of the scratch.
func keep[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return append(make([]T, 0, len(list)), list...)
}

// texts reads a list of strings.
func (d *decoder) texts(path string) []string {
	if d.kind() != '[' {
		d.pass(path)
		return nil
	}
	defer empty(&d.lines)
	for d.enter(); d.more(']'); {
		var s string
		if d.kind() != 'n' {
			d.anyText(&s)
		} else {
			d.skip()
		}
		if room[string](d, path) {
			d.lines = append(d.lines, s)
		}
	}
	return d.kept.keep(d.lines)
}

// list goes to the elements of a list that may be wrapped in an object's
// "values", or stand alone. element must read one value.
func (d *decoder) list(path string, element func()) {
	switch d.kind() {
	case '[':
		for d.enter(); d.more(']'); {
			element()
		}
	case '{':
		if !d.wrapped() {
			element()
			return
		}
		for d.enter(); d.more('}'); {
			if d.key() != "values" {
				d.skip()
				continue
			}
			if d.kind() != '[' {
				d.pass(path)
				continue
			}
			for d.enter(); d.more(']'); {
				element()
			}
		}
	default:
		d.pass(path)
	}
}

// wrapped reports whether the object at the cursor has a member "values", or none.
func (d *decoder) wrapped() bool {
	ahead := d.cursor
	members := 0
	for ahead.enter(); ahead.more('}'); members++ {
		if ahead.key() == "values" {
			return true
		}
		ahead.skip()
	}
	return members == 0
}
