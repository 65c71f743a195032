//go:build e2e

package product

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// crash is a small minidump of Windows on x86-64: one thread, one module, an access violation.
func crash(t *testing.T) []byte {
	t.Helper()
	const header, entry, streams = 32, 12, 4
	var body []byte
	add := func(parts ...any) (at, size uint32) {
		var b bytes.Buffer
		for _, p := range parts {
			if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
				t.Fatal(err)
			}
		}
		at, size = header+streams*entry+uint32(len(body)), uint32(b.Len())
		body = append(append(body, b.Bytes()...), make([]byte, -b.Len()&3)...)
		return at, size
	}
	const base, pc = uint64(0x140000000), uint64(0x140001234)
	registers := make([]byte, 1232)
	binary.LittleEndian.PutUint64(registers[0xf8:], pc)
	context, _ := add(registers)
	name, _ := add(uint32(16), []byte("s\x00h\x00o\x00p\x00.\x00e\x00x\x00e\x00\x00\x00"))
	var directory bytes.Buffer
	stream := func(kind, at, size uint32) {
		binary.Write(&directory, binary.LittleEndian, [3]uint32{kind, size, at})
	}
	for kind, parts := range map[uint32][]any{
		3: {uint32(1), [4]uint32{77}, uint64(0), [4]uint32{}, [2]uint32{1232, context}},
		4: {uint32(1), base, [4]uint32{0x10000, 0, 0, name}, make([]byte, 52+32)},
		6: {[2]uint32{77}, [2]uint32{0xc0000005}, uint64(0), pc, [2]uint32{}, make([]byte, 120), [2]uint32{1232, context}},
		7: {uint16(9), [2]uint16{6, 1}, [2]uint8{4, 1}, [5]uint32{10, 0, 19045, 2, 0}, make([]byte, 28)},
	} {
		at, size := add(parts...)
		stream(kind, at, size)
	}
	var out bytes.Buffer
	if err := binary.Write(&out, binary.LittleEndian, [8]uint32{0x504d444d, 0xa793, streams, header}); err != nil {
		t.Fatal(err)
	}
	return append(append(out.Bytes(), directory.Bytes()...), body...)
}

// A crash reporter is told which event its minidump has become, and the file is kept with it.
func TestAMinidumpBecomesAnEvent(t *testing.T) {
	s := instance.Start(t)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("upload_file_minidump", "crash.dmp")
	if err != nil {
		t.Fatal(err)
	}
	dump := crash(t)
	file.Write(dump)
	w.WriteField("sentry[release]", "shop@1.0")
	w.Close()
	r, err := http.Post(fmt.Sprintf("http://%s/api/%d/minidump/?sentry_key=%s", s.HTTP, instance.ProjectID, instance.PublicKey), w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r.StatusCode, string(answer), err)
	}
	path := fmt.Sprintf("/api/v1/projects/%d/events/%s", instance.ProjectID, strings.ReplaceAll(string(answer), "-", ""))
	var stored struct {
		Event struct {
			Release, Platform string
			Exceptions        []struct {
				Type       string
				Stacktrace struct {
					Frames []struct{ Package, InstructionAddr string }
				}
			}
			DebugImages []struct{ CodeFile string }
		}
	}
	s.Decode(path, &stored)
	e := stored.Event
	if e.Release != "shop@1.0" || e.Platform != "native" || len(e.Exceptions) != 1 || len(e.Exceptions[0].Stacktrace.Frames) != 1 || len(e.DebugImages) != 1 {
		t.Fatalf("%+v", e)
	}
	var files struct {
		Attachments []struct{ Filename, Type, Size string }
	}
	s.Decode(path+"/attachments", &files)
	if len(files.Attachments) != 1 || files.Attachments[0].Filename != "crash.dmp" || files.Attachments[0].Type != "event.minidump" || files.Attachments[0].Size != fmt.Sprint(len(dump)) {
		t.Fatalf("%+v", files)
	}
}
