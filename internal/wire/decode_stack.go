package wire

import (
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
)

func (d *Decoder) exception(data string) event.Exception {
	x := event.Exception{Mechanism: event.Mechanism{ParentID: noParent}}
	var object merged
	c := cursor{rest: data}
	for c.next() && d.err == nil {
		switch c.key {
		case 1<<3 | bytesType:
			x.Type = d.own(c.str)
		case 2<<3 | bytesType:
			x.Value = d.own(c.str)
		case 3<<3 | bytesType:
			x.Module = d.own(c.str)
		case 4<<3 | bytesType:
			d.stacktrace(&x.Stack, c.str)
		case 5<<3 | bytesType:
			d.mechanism(&x.Mechanism, &object, c.str)
		case 6<<3 | bytesType:
			x.ThreadID = d.own(c.str)
		}
	}
	d.check(&c, "exception")
	x.Mechanism.Data = d.object(object.bytes())
	return x
}

// mechanism reads a Mechanism message; its object is read when all of it is there.
func (d *Decoder) mechanism(m *event.Mechanism, object *merged, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			m.Type = d.own(c.str)
		case 2<<3 | varintType:
			m.Handled = handled(c.num != 0)
		case 3<<3 | varintType:
			m.ID = int(int32(c.num))
		case 4<<3 | varintType:
			m.ParentID = parent(int32(c.num))
		case 5<<3 | varintType:
			m.IsGroup = c.num != 0
		case 6<<3 | bytesType:
			m.Source = d.own(c.str)
		case 7<<3 | varintType:
			m.Synthetic = c.num != 0
		case 8<<3 | bytesType:
			m.Description = d.own(c.str)
		case 9<<3 | bytesType:
			object.add(c.str)
		}
	}
	d.check(&c, "mechanism")
}

func (d *Decoder) thread(data string) event.Thread {
	var t event.Thread
	c := cursor{rest: data}
	for c.next() && d.err == nil {
		switch c.key {
		case 1<<3 | bytesType:
			t.ID = d.own(c.str)
		case 2<<3 | bytesType:
			t.Name = d.own(c.str)
		case 3<<3 | varintType:
			t.Crashed = c.num != 0
		case 4<<3 | varintType:
			t.Current = c.num != 0
		case 5<<3 | bytesType:
			t.State = d.own(c.str)
		case 6<<3 | bytesType:
			d.stacktrace(&t.Stack, c.str)
		}
	}
	d.check(&c, "thread")
	return t
}

// stacktrace reads a Stacktrace message, or finds that it was read before.
func (d *Decoder) stacktrace(s *event.Stacktrace, data string) {
	if s.Shared != 0 { // a second part of the same message
		*s = event.Stacktrace{Frames: slices.Clone(s.Frames), Omitted: s.Omitted}
	} else if d.stacks != nil && d.platform != "" && s.Frames == nil {
		if known := d.stacks.find(d.limits, d.platform, data); known != nil {
			*s, d.relied = *known, true
			return
		}
	}
	d.ownStacktrace(s, data)
}

func (d *Decoder) ownStacktrace(s *event.Stacktrace, data string) {
	c := cursor{rest: data}
	for c.next() && d.err == nil {
		switch c.key {
		case 1<<3 | bytesType:
			s.Frames = append(grow(d, &d.frames, s.Frames, &c), event.Frame{})
			d.frame(&s.Frames[len(s.Frames)-1], c.str)
		case 2<<3 | varintType:
			s.Omitted = int(uint32(c.num))
		}
	}
	d.check(&c, "stacktrace")
}

func (d *Decoder) frame(f *event.Frame, data string) {
	var vars merged
	c := cursor{rest: data}
	for c.next() && d.err == nil {
		switch c.key {
		case 1<<3 | bytesType:
			f.Function = d.own(c.str)
		case 2<<3 | bytesType:
			f.Module = d.own(c.str)
		case 3<<3 | bytesType:
			f.Filename = d.own(c.str)
		case 4<<3 | bytesType:
			f.AbsPath = d.own(c.str)
		case 5<<3 | varintType:
			f.Line = uint32(c.num)
		case 6<<3 | varintType:
			f.Column = uint32(c.num)
		case 7<<3 | varintType:
			f.InApp = inApp(c.num != 0)
		case 8<<3 | bytesType:
			f.PreContext = d.text1(f.PreContext, &c)
		case 9<<3 | bytesType:
			f.ContextLine = d.own(c.str)
		case 10<<3 | bytesType:
			f.PostContext = d.text1(f.PostContext, &c)
		case 11<<3 | bytesType:
			vars.add(c.str)
		case 12<<3 | bytesType:
			f.Package = d.own(c.str)
		case 13<<3 | fixed64Type:
			f.InstructionAddr = c.num
		case 14<<3 | fixed64Type:
			f.ImageAddr = c.num
		case 15<<3 | bytesType:
			f.Symbol = d.own(c.str)
		case 16<<3 | bytesType:
			f.Platform = d.own(c.str)
		}
	}
	d.check(&c, "frame")
	f.Vars = d.object(vars.bytes())
}

func (d *Decoder) debugImage(data string) event.DebugImage {
	var i event.DebugImage
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			i.Type = d.own(c.str)
		case 2<<3 | bytesType:
			i.DebugID = d.own(c.str)
		case 3<<3 | bytesType:
			i.CodeID = d.own(c.str)
		case 4<<3 | bytesType:
			i.CodeFile = d.own(c.str)
		case 5<<3 | bytesType:
			i.DebugFile = d.own(c.str)
		case 6<<3 | fixed64Type:
			i.ImageAddr = c.num
		case 7<<3 | varintType:
			i.ImageSize = c.num
		case 8<<3 | bytesType:
			i.Arch = d.own(c.str)
		}
	}
	d.check(&c, "debug image")
	return i
}
