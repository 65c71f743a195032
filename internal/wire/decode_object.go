package wire

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unsafe"

	"github.com/faultline-dev/faultline/internal/event"
)

// entry is one field of a Struct whose value has not been read.
type entry struct {
	name  string
	value string
}

// object reads a Struct message as the text of a JSON object, names in order. An
// empty one gives no text.
func (d *Decoder) object(data string) event.Object {
	if data == "" || d.err != nil {
		return ""
	}
	d.room(2*len(data) + 64)
	start := len(d.text)
	d.text = d.structure(d.text, data, 1)
	text := d.text[start:]
	if len(text) <= len("{}") {
		d.text = d.text[:start]
		return ""
	}
	return event.Object(unsafe.String(unsafe.SliceData(text), len(text)))
}

// deeper tells whether a level may be entered.
func (d *Decoder) deeper(depth int) bool {
	if depth > d.limits.Depth {
		d.fail(fmt.Errorf("%w: %d", ErrDepth, d.limits.Depth))
	}
	return d.err == nil
}

func (d *Decoder) structure(b []byte, data string, depth int) []byte {
	if !d.deeper(depth) {
		return b
	}
	base := len(d.entries)
	c := cursor{rest: data}
	for c.next() {
		if c.key == 1<<3|bytesType {
			d.entries = append(d.entries, d.entry(c.str))
		}
	}
	d.check(&c, "object")
	fields := sortMap(d.entries[base:], func(e *entry) string { return e.name })
	b = append(b, '{')
	for i := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, fields[i].name)
		b = append(b, ':')
		b = d.value(b, fields[i].value, depth)
	}
	d.entries = d.entries[:base]
	return append(b, '}')
}

// entry reads one entry of a map of messages.
func (d *Decoder) entry(data string) entry {
	var e entry
	var value merged
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			e.name = c.str
		case 2<<3 | bytesType:
			value.add(c.str)
		}
	}
	d.check(&c, "entry of an object")
	e.value = value.bytes()
	return e
}

// value reads a Value message. The last field that is set counts; lists and
// objects that follow one another are one.
func (d *Decoder) value(b []byte, data string, depth int) []byte {
	var last cursor
	var object merged
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | varintType, 2<<3 | fixed64Type, 3<<3 | bytesType, 4<<3 | varintType:
			last = c
		case 5<<3 | bytesType, 6<<3 | bytesType:
			if last.key != c.key {
				object = merged{}
			}
			object.add(c.str)
			last = c
		}
	}
	d.check(&c, "value of an object")
	switch last.key >> 3 {
	case 2:
		return appendNumber(b, math.Float64frombits(last.num))
	case 3:
		return appendText(b, last.str)
	case 4:
		return strconv.AppendBool(b, last.num != 0)
	case 5:
		return d.structure(b, object.bytes(), depth+1)
	case 6:
		return d.list(b, object.bytes(), depth+1)
	}
	return append(b, "null"...)
}

func (d *Decoder) list(b []byte, data string, depth int) []byte {
	if !d.deeper(depth) {
		return b
	}
	b = append(b, '[')
	first := true
	c := cursor{rest: data}
	for c.next() {
		if c.key != 1<<3|bytesType {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = d.value(b, c.str, depth)
	}
	d.check(&c, "list of an object")
	return append(b, ']')
}

// context reads one entry of the map of contexts.
func (d *Decoder) context(data string) event.Context {
	e := d.entry(data)
	return event.Context{Name: d.own(e.name), Data: d.object(e.value)}
}

func sortTags(tags []event.Tag) []event.Tag {
	return sortMap(tags, func(t *event.Tag) string { return t.Key })
}

// sortMap puts the entries of a map in the order of their keys; of those with
// equal keys the last one stays.
func sortMap[T any](list []T, key func(*T) string) []T {
	sorted := true
	for i := 1; i < len(list) && sorted; i++ {
		sorted = key(&list[i-1]) < key(&list[i])
	}
	if sorted {
		return list
	}
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(key(&a), key(&b)) })
	kept := list[:0]
	for i := range list {
		if i+1 < len(list) && key(&list[i]) == key(&list[i+1]) {
			continue
		}
		kept = append(kept, list[i])
	}
	return kept
}
