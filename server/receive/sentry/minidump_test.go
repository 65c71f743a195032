package sentry

import (
	"bytes"
	"encoding/binary"
	"mime/multipart"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/faultline-dev/faultline/internal/event"
)

// dump writes a minidump, laid out as Windows and Breakpad do.
type dump struct{ b []byte }

func (d *dump) put(values ...any) uint32 {
	at := uint32(len(d.b))
	for _, v := range values {
		var w bytes.Buffer
		binary.Write(&w, binary.LittleEndian, v)
		d.b = append(d.b, w.Bytes()...)
	}
	return at
}

func (d *dump) text(s string) uint32 {
	units := utf16.Encode([]rune(s))
	return d.put(uint32(2*len(units)), units)
}

// crashed is a program on Linux, x86-64, that died of a bad address in thread 12.
func crashed() string {
	d := &dump{}
	d.put([]byte("MDMP"), uint32(0xa793), uint32(5), uint32(32), uint32(0), uint32(1_700_000_000), uint64(0))
	directory := d.put(make([]byte, 5*12))
	entry := 0
	stream := func(kind, at uint32) {
		o := int(directory) + 12*entry
		binary.LittleEndian.PutUint32(d.b[o:], kind)
		binary.LittleEndian.PutUint32(d.b[o+4:], uint32(len(d.b))-at)
		binary.LittleEndian.PutUint32(d.b[o+8:], at)
		entry++
	}
	context := func(pc uint64) uint32 {
		registers := make([]byte, 1232)
		binary.LittleEndian.PutUint64(registers[248:], pc)
		return d.put(registers)
	}
	service := d.text("5.10.0")
	stream(streamSystem, d.put(uint16(archAMD64), uint16(0), uint16(0), uint8(4), uint8(0), uint32(5), uint32(10), uint32(7), uint32(systemLinux), service, make([]byte, 28)))
	name := d.text("/opt/shop/bin/shop")
	record := d.put([]byte("LEpB"), []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	stream(streamModules, d.put(uint32(1), uint64(0x400000), uint32(0x1000), uint32(0), uint32(0), name, make([]byte, 52), uint32(24), record, make([]byte, 24)))
	first, second := context(0x400123), context(0x500000)
	stream(streamThreads, d.put(uint32(2), uint32(11), make([]byte, 36), uint32(1232), second, uint32(12), make([]byte, 36), uint32(1232), first))
	worker := d.text("worker")
	stream(streamThreadNames, d.put(uint32(1), uint32(11), uint64(worker)))
	stream(streamException, d.put(uint32(12), uint32(0), uint32(11), uint32(1), uint64(0), uint64(0xdead), uint32(0), uint32(0), make([]byte, 120), uint32(1232), first))
	return string(d.b)
}

func TestACrashIsReadFromAMinidump(t *testing.T) {
	t.Parallel()
	m, err := parseMinidump(crashed())
	if err != nil {
		t.Fatal(err)
	}
	e := &event.Event{}
	m.fill(e)
	frame := event.Frame{Function: "shop+0x123", Package: "/opt/shop/bin/shop", ImageAddr: 0x400000, InstructionAddr: 0x400123}
	same(t, e, &event.Event{
		Timestamp: time.Unix(1_700_000_000, 0).UTC(), Platform: "native", Level: event.LevelFatal,
		Exceptions: []event.Exception{{
			Type: "SIGSEGV", Value: "Fatal Error: SIGSEGV in shop", ThreadID: "12", Stack: event.Stacktrace{Frames: []event.Frame{frame}},
			Mechanism: event.Mechanism{Type: "minidump", Handled: event.HandledNo, ParentID: -1, Data: `{"code":"0xb","flags":"0x1","address":"0xdead"}`},
		}},
		Threads: []event.Thread{
			{ID: "11", Name: "worker", Stack: event.Stacktrace{Frames: []event.Frame{{InstructionAddr: 0x500000}}}},
			{ID: "12", Crashed: true, Current: true},
		},
		DebugImages: []event.DebugImage{{
			Type: "elf", DebugID: "67452301-ab89-efcd-0102-030405060708", CodeID: "0123456789abcdef0102030405060708090a0b0c", CodeFile: "/opt/shop/bin/shop",
			DebugFile: "/opt/shop/bin/shop", ImageAddr: 0x400000, ImageSize: 0x1000, Arch: "x86_64",
		}},
		Contexts: []event.Context{{Name: "os", Data: `{"name":"Linux","version":"5.10.7","build":"5.10.0"}`}, {Name: "device", Data: `{"arch":"x86_64"}`}},
	})
}

// multipartOf makes a multipart body; names that end in .dmp or .log are files.
func multipartOf(parts ...string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 3 {
		name, file, data := parts[i], parts[i+1], parts[i+2]
		if file != "" {
			p, _ := w.CreateFormFile(name, file)
			p.Write([]byte(data))
			continue
		}
		w.WriteField(name, data)
	}
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestMinidumpsAreTakenAsCrashReportersSendThem(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(name, body, contentType string, check func(*event.Event) bool) {
		t.Helper()
		w := p.send(t, "POST", "/api/7/minidump/"+withKey, body, contentType)
		if w.StatusCode != 200 || len(w.text) != 36 || !strings.HasPrefix(w.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %q", name, w.StatusCode, w.text)
			return
		}
		e := p.event(t)
		if len(e.Exceptions) != 1 || e.Exceptions[0].Type != "SIGSEGV" || e.Attachments[0].Type != "event.minidump" || e.Attachments[0].Size == 0 || !check(e) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	f("alone", crashed(), "Content-Type: application/x-dmp", func(e *event.Event) bool { return true })
	body, contentType := multipartOf(partMinidump, "a.dmp", crashed(), "sentry", "", `{"release":"r","user":{"id":"7"}}`, "log", "app.log", "abc", "other", "", "x")
	f("with an event", body, contentType, func(e *event.Event) bool {
		return e.Release == "r" && e.User.ID == "7" && e.Extra == `{"other":"x"}` && len(e.Attachments) == 2 && e.Attachments[1] == event.Attachment{Filename: "app.log", ContentType: "application/octet-stream", Type: "event.attachment", Size: 3}
	})
	body, contentType = multipartOf("sentry[release]", "", "r", "sentry[tags][shop]", "", "berlin", partMinidump, "a.dmp", crashed())
	f("with brackets", body, contentType, func(e *event.Event) bool { return e.Release == "r" && e.Tags[0].Value == "berlin" })
	body, contentType = multipartOf("sentry__2", "", `"r"}`, "sentry__1", "", `{"release":`, partMinidump, "a.dmp", crashed())
	f("in pieces", body, contentType, func(e *event.Event) bool { return e.Release == "r" })
	packed := "\x82\xa7release\xa1r\xa4tags\x81\xa4shop\xa6berlin"
	crumbs := "\x82\xa7message\xa5first\xa9timestamp\xcb\x41\xd9\x55\xd9\xc4\x00\x00\x00\x81\xa7message\xa6second"
	body, contentType = multipartOf("__sentry-event", "e", packed, "__sentry-breadcrumb1", "b", crumbs, partMinidump, "a.dmp", crashed())
	f("in MessagePack", body, contentType, func(e *event.Event) bool {
		return e.Release == "r" && e.Tags[0].Value == "berlin" && len(e.Breadcrumbs) == 2 && e.Breadcrumbs[1].Message == "second" && e.Breadcrumbs[0].Timestamp.Unix() == 1700226832
	})
	body, contentType = multipartOf("sentry", "", `{"release":`, partMinidump, "a.dmp", crashed())
	f("with a broken event", body, contentType, func(e *event.Event) bool { return e.Contexts[len(e.Contexts)-1].Name == noteContext })

	dumpFile := crashed()
	w := p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf(`{"event_id":"`+testID+`"}`, `{"type":"attachment","attachment_type":"event.minidump","filename":"a.dmp","length":`+jsonLength(dumpFile)+`}`, dumpFile))
	if e := p.event(t); w.StatusCode != 200 || e.ID.String() != testID || e.Exceptions[0].Type != "SIGSEGV" || e.Attachments[0].Filename != "a.dmp" {
		t.Errorf("%d %+v", w.StatusCode, e)
	}
	body, contentType = multipartOf("x", "", "y")
	for _, bad := range [][2]string{{"nonsense", "Content-Type: application/x-dmp"}, {body, contentType}, {"x", "Content-Type: multipart/form-data; boundary=b"}, {"", "Content-Type: multipart/form-data"}} {
		if w := p.send(t, "POST", "/api/7/minidump/"+withKey, bad[0], bad[1]); w.StatusCode != 400 {
			t.Errorf("%q: %d %s", bad, w.StatusCode, w.text)
		}
	}
}

// FuzzMinidump must not crash and must stay within its bounds.
func FuzzMinidump(f *testing.F) {
	f.Add(crashed())
	f.Add("MDMP" + strings.Repeat("\xff", 100))
	f.Fuzz(func(t *testing.T, data string) {
		m, err := parseMinidump(data)
		if err != nil {
			return
		}
		if len(m.threads) > dumpThreads || len(m.modules) > dumpModules {
			t.Fatal("too much")
		}
		e := &event.Event{}
		m.fill(e)
		for _, c := range e.Contexts {
			if _, err := slow(string(c.Data)); err != nil {
				t.Fatalf("%q: %v", c.Data, err)
			}
		}
	})
}

// FuzzUpload must not crash: forms, their parts and MessagePack.
func FuzzUpload(f *testing.F) {
	body, contentType := multipartOf("__sentry-event", "e", "\x82\xa7release\xa1r\xa4tags\x81\xa4shop\xa6berlin", partMinidump, "a.dmp", crashed(), "sentry[a][b]", "", "c")
	f.Add(body, contentType)
	f.Add("\xdf\xff\xff\xff\xff", "\xcb\x00")
	f.Fuzz(func(t *testing.T, data, packed string) {
		m := msgpack{rest: packed}
		if text := m.json(); !m.bad {
			if _, err := slow(text); err != nil {
				t.Fatalf("%q becomes %q: %v", packed, text, err)
			}
		}
		u := newUpload()
		_, boundary, _ := strings.Cut(packed, "boundary=")
		u.form(multipart.NewReader(strings.NewReader(data), boundary), DefaultConfig())
		u.unpacked()
	})
}
