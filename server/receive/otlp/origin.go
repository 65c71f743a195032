package otlp

import (
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
)

// origin is where items come from: their resource and their scope.
type origin struct {
	base      *draft // what is known of all items; its event has no tags
	tags      []event.Tag
	scopeName string
}

// resource reads a Resource.
func (o *origin) resource(data []byte) error {
	o.base = newDraft()
	o.base.wide = true
	f := fields{rest: data}
	for f.next() {
		if f.bytes(1) {
			if err := o.base.attribute(f.data); err != nil {
				return err
			}
		}
	}
	o.base.origin()
	o.tags, o.base.event.Tags, o.base.wide = o.base.event.Tags, nil, false
	o.base.outer = o.tags
	return f.err("resource")
}

// scope reads an InstrumentationScope.
func (o *origin) scope(data []byte) error {
	d := newDraft()
	if o.base != nil {
		d = o.base.clone()
	}
	d.wide = true
	version := ""
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.bytes(1):
			o.scopeName = f.text()
		case f.bytes(2):
			version = f.text()
		case f.bytes(3):
			if err := d.attribute(f.data); err != nil {
				return err
			}
		}
	}
	if o.scopeName != "" {
		d.context("otel", "scope", stringOf(o.scopeName))
	}
	if version != "" {
		d.context("otel", "scope_version", stringOf(version))
	}
	d.outer = slices.Concat(d.event.Tags, o.tags)
	d.event.Tags, d.wide = nil, false
	o.base = d
	return f.err("scope")
}

// draft begins an event with what is known of its origin.
func (o *origin) draft() *draft {
	if o.base == nil {
		return newDraft()
	}
	return o.base.clone()
}

func stringOf(s string) value { return value{kind: stringValue, data: []byte(s)} }

// origin chooses among what a resource says of the same thing.
func (d *draft) origin() {
	e := d.event
	e.Release = first(d.facts[release], d.facts[revision])
	e.Environment = first(d.facts[environment], d.facts[oldEnvironment], d.facts[namespace])
	e.ServerName = first(d.facts[hostName], d.facts[podName], d.facts[instance], d.facts[container])
	e.Platform = d.facts[language]
	e.SDK.Name = first(d.facts[distroName], d.facts[sdkName])
	e.SDK.Version = d.facts[sdkVersion]
	if d.facts[distroName] != "" {
		e.SDK.Version = d.facts[distroVersion]
	}
}
