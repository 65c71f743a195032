package clickhouse

import "github.com/faultline-dev/faultline/internal/event"

// What frames were before they were explained: behind the native part of a frame of an
// exception, and in a field of their own for the frames of threads.

func packOrigin(p *packer, o *event.Origin) {
	for _, s := range [...]string{o.Function, o.Module, o.Filename, o.AbsPath, o.ContextLine} {
		p.text(s)
	}
	p.number(uint64(o.Line))
	p.number(uint64(o.Column))
	p.number(uint64(o.InApp))
	p.flag(o.Inlined)
}

func unpackOrigin(u *unpacker) *event.Origin {
	var o event.Origin
	for _, s := range [...]*string{&o.Function, &o.Module, &o.Filename, &o.AbsPath, &o.ContextLine} {
		*s = u.text()
	}
	o.Line, o.Column, o.InApp = uint32(u.number()), uint32(u.number()), event.InApp(u.number())
	o.Inlined = u.flag()
	return &o
}

// threadOrigins counts the explained frames of threads.
func threadOrigins(threads []event.Thread) (n int) {
	for i := range threads {
		for j := range threads[i].Stack.Frames {
			if threads[i].Stack.Frames[j].Origin != nil {
				n++
			}
		}
	}
	return n
}

func packThreadOrigins(p *packer, threads []event.Thread, n int) {
	p.number(uint64(n))
	for i := range threads {
		for j := range threads[i].Stack.Frames {
			if o := threads[i].Stack.Frames[j].Origin; o != nil {
				p.number(uint64(i))
				p.number(uint64(j))
				packOrigin(p, o)
			}
		}
	}
}

func unpackThreadOrigins(u *unpacker, threads []event.Thread) {
	for range u.count() {
		i, j, o := u.number(), u.number(), unpackOrigin(u)
		if u.err != nil || i >= uint64(len(threads)) || j >= uint64(len(threads[i].Stack.Frames)) {
			u.fail()
			return
		}
		threads[i].Stack.Frames[j].Origin = o
	}
}
