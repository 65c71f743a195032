package clickhouse

import (
	"github.com/faultline-dev/faultline/internal/event"
)

// The tags of the fields in the rest column: what most events lack, or what is only ever
// read with the whole event.
const (
	restMessageParams uint64 = iota + 1
	restThreads
	restImages
	restModules
	restFlags
	restAttachments
	restTrimmed
	restScrubbed
	restFingerprint
	restUserData
	restRequest
	restIntegrations
	restParentSpan
	restThreadOrigins
)

// packRest appends the rest of an event; nothing if there is nothing.
func packRest(p *packer, e *event.Event) {
	texts := func(tag uint64, list []string) {
		if len(list) > 0 {
			p.field(tag, func(p *packer) { p.texts(list) })
		}
	}
	pairs := func(tag uint64, list []event.Tag) {
		if len(list) > 0 {
			p.field(tag, func(p *packer) { packTags(p, list) })
		}
	}
	texts(restMessageParams, e.Message.Params)
	if len(e.Threads) > 0 {
		p.field(restThreads, func(p *packer) { packThreads(p, e.Threads) })
	}
	if len(e.DebugImages) > 0 {
		p.field(restImages, func(p *packer) { packImages(p, e.DebugImages) })
	}
	pairs(restModules, e.Modules)
	if len(e.Flags) > 0 {
		p.field(restFlags, func(p *packer) {
			p.number(uint64(len(e.Flags)))
			for i := range e.Flags {
				p.text(e.Flags[i].Name)
				p.text(e.Flags[i].Result)
			}
		})
	}
	if len(e.Attachments) > 0 {
		p.field(restAttachments, func(p *packer) {
			p.number(uint64(len(e.Attachments)))
			for i := range e.Attachments {
				a := &e.Attachments[i]
				p.text(a.Filename)
				p.text(a.ContentType)
				p.text(a.Type)
				p.number(a.Size)
			}
		})
	}
	texts(restTrimmed, e.Trimmed)
	texts(restScrubbed, e.Scrubbed)
	texts(restFingerprint, e.Fingerprint)
	pairs(restUserData, e.User.Data)
	if r := &e.Request; r.Query != "" || r.Cookies != "" || r.Body != "" || len(r.Headers) > 0 || len(r.Env) > 0 {
		p.field(restRequest, func(p *packer) {
			p.text(r.Query)
			p.text(r.Cookies)
			p.text(r.Body)
			packTags(p, r.Headers)
			packTags(p, r.Env)
		})
	}
	texts(restIntegrations, e.SDK.Integrations)
	if e.Trace.ParentSpanID != ([8]byte{}) {
		p.field(restParentSpan, func(p *packer) { p.text(string(e.Trace.ParentSpanID[:])) })
	}
	if n := threadOrigins(e.Threads); n > 0 {
		p.field(restThreadOrigins, func(p *packer) { packThreadOrigins(p, e.Threads, n) })
	}
}

// unpackRest fills in what packRest wrote. Unknown tags are left alone.
func unpackRest(text string, e *event.Event) error {
	u := &unpacker{b: text}
	return u.fields(func(tag uint64, u *unpacker) {
		switch tag {
		case restMessageParams:
			e.Message.Params = u.texts()
		case restThreads:
			e.Threads = list(u, unpackThread)
		case restImages:
			e.DebugImages = list(u, unpackImage)
		case restModules:
			e.Modules = list(u, unpackTag)
		case restFlags:
			e.Flags = list(u, func(u *unpacker) event.Flag { return event.Flag{Name: u.text(), Result: u.text()} })
		case restAttachments:
			e.Attachments = list(u, func(u *unpacker) event.Attachment {
				return event.Attachment{Filename: u.text(), ContentType: u.text(), Type: u.text(), Size: u.number()}
			})
		case restTrimmed:
			e.Trimmed = u.texts()
		case restScrubbed:
			e.Scrubbed = u.texts()
		case restFingerprint:
			e.Fingerprint = u.texts()
		case restUserData:
			e.User.Data = list(u, unpackTag)
		case restRequest:
			r := &e.Request
			r.Query, r.Cookies, r.Body = u.text(), u.text(), u.text()
			r.Headers, r.Env = list(u, unpackTag), list(u, unpackTag)
		case restIntegrations:
			e.SDK.Integrations = u.texts()
		case restParentSpan:
			copy(e.Trace.ParentSpanID[:], u.text())
		case restThreadOrigins: // comes after the threads
			unpackThreadOrigins(u, e.Threads)
		}
	})
}

func packTags(p *packer, tags []event.Tag) {
	p.number(uint64(len(tags)))
	for i := range tags {
		p.text(tags[i].Key)
		p.text(tags[i].Value)
	}
}

func unpackTag(u *unpacker) event.Tag { return event.Tag{Key: u.text(), Value: u.text()} }

func packImages(p *packer, images []event.DebugImage) {
	p.number(uint64(len(images)))
	for i := range images {
		d := &images[i]
		for _, s := range [...]string{d.Type, d.DebugID, d.CodeID, d.CodeFile, d.DebugFile, d.Arch} {
			p.text(s)
		}
		p.number(d.ImageAddr)
		p.number(d.ImageSize)
	}
}

func unpackImage(u *unpacker) event.DebugImage {
	var d event.DebugImage
	for _, s := range [...]*string{&d.Type, &d.DebugID, &d.CodeID, &d.CodeFile, &d.DebugFile, &d.Arch} {
		*s = u.text()
	}
	d.ImageAddr, d.ImageSize = u.number(), u.number()
	return d
}

func packThreads(p *packer, threads []event.Thread) {
	p.number(uint64(len(threads)))
	for i := range threads {
		t := &threads[i]
		p.text(t.ID)
		p.text(t.Name)
		p.flag(t.Crashed)
		p.flag(t.Current)
		p.text(t.State)
		p.signed(int64(t.Stack.Omitted))
		p.number(uint64(len(t.Stack.Frames)))
		for j := range t.Stack.Frames {
			packFrame(p, &t.Stack.Frames[j])
		}
	}
}

func unpackThread(u *unpacker) event.Thread {
	t := event.Thread{ID: u.text(), Name: u.text(), Crashed: u.flag(), Current: u.flag(), State: u.text()}
	t.Stack.Omitted = int(u.signed())
	t.Stack.Frames = list(u, unpackFrame)
	return t
}

// packFrame writes a whole frame; only threads' frames are stored this way.
func packFrame(p *packer, f *event.Frame) {
	for _, s := range [...]string{f.Function, f.Module, f.Filename, f.AbsPath, f.ContextLine, string(f.Vars)} {
		p.text(s)
	}
	p.number(uint64(f.Line))
	p.number(uint64(f.Column))
	p.number(uint64(f.InApp))
	p.texts(f.PreContext)
	p.texts(f.PostContext)
	packNative(p, f)
}

func unpackFrame(u *unpacker) event.Frame {
	var f event.Frame
	var vars string
	for _, s := range [...]*string{&f.Function, &f.Module, &f.Filename, &f.AbsPath, &f.ContextLine, &vars} {
		*s = u.text()
	}
	f.Vars = event.Object(vars)
	f.Line, f.Column, f.InApp = uint32(u.number()), uint32(u.number()), event.InApp(u.number())
	f.PreContext, f.PostContext = u.texts(), u.texts()
	unpackNative(u, &f)
	return f
}

// hasNative reports whether a frame has what only compiled programs know.
func hasNative(f *event.Frame) bool {
	return f.Package != "" || f.InstructionAddr != 0 || f.ImageAddr != 0 || f.Symbol != "" || f.Platform != "" || f.Origin != nil
}

func packNative(p *packer, f *event.Frame) {
	p.text(f.Package)
	p.number(f.InstructionAddr)
	p.number(f.ImageAddr)
	p.text(f.Symbol)
	p.text(f.Platform)
}

func unpackNative(u *unpacker, f *event.Frame) {
	f.Package, f.InstructionAddr, f.ImageAddr, f.Symbol, f.Platform = u.text(), u.number(), u.number(), u.text(), u.text()
}

// packException writes what an exception has beside its columns; nothing for one that is
// simply number i of a chain.
func packException(p *packer, i int, x *event.Exception) {
	m := &x.Mechanism
	if x.ThreadID == "" && x.Stack.Omitted == 0 && m.ID == i && m.ParentID == i-1 && !m.IsGroup &&
		m.Source == "" && !m.Synthetic && m.Description == "" && m.Data == "" {
		return
	}
	p.text(x.ThreadID)
	p.signed(int64(x.Stack.Omitted))
	p.signed(int64(m.ID))
	p.signed(int64(m.ParentID))
	p.flag(m.IsGroup)
	p.text(m.Source)
	p.flag(m.Synthetic)
	p.text(m.Description)
	p.text(string(m.Data))
}

func unpackException(text string, i int, x *event.Exception) error {
	m := &x.Mechanism
	if text == "" {
		m.ID, m.ParentID = i, i-1
		return nil
	}
	u := &unpacker{b: text}
	x.ThreadID = u.text()
	x.Stack.Omitted = int(u.signed())
	m.ID, m.ParentID = int(u.signed()), int(u.signed())
	m.IsGroup = u.flag()
	m.Source = u.text()
	m.Synthetic = u.flag()
	m.Description = u.text()
	m.Data = event.Object(u.text())
	return u.err
}
