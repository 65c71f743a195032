package upload

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/artifact"
)

// identify says what a single file is, and by which id events name it.
func identify(file *os.File, name, debugID string) (f artifact.File, size int64, err error) {
	defer func() { // of readers of the standard library: files come from outside
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: reading it failed: %v", ErrBundle, r)
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return f, 0, err
	}
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, 0, err
	}
	head = head[:n]
	f = artifact.File{Kind: artifact.Symbols, URL: name, DebugID: artifact.ID(debugID)}
	found := ""
	switch {
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		found = elfID(file)
	case machO(head):
		found = machID(file)
	case bytes.HasPrefix(head, []byte("MODULE ")):
		line, _, _ := strings.Cut(string(head), "\n")
		if p := strings.Fields(line); len(p) >= 5 {
			found = artifact.ID(p[3])
		}
	case bytes.Contains(head, []byte(" -> ")) || strings.Contains(name, "proguard"):
		f.Kind = artifact.Mapping
		found = artifact.ID(strings.TrimSuffix(path.Base(name), path.Ext(name)))
	default:
		return f, 0, fmt.Errorf("%w: %s is no ProGuard mapping and has no symbols that can be read (ELF, Mach-O or Breakpad)", ErrBundle, name)
	}
	if f.DebugID == "" {
		f.DebugID = found
	}
	if f.DebugID == "" {
		return f, 0, fmt.Errorf("%w: %s has no debug id", ErrBundle, name)
	}
	return f, info.Size(), nil
}

func machO(head []byte) bool {
	return len(head) >= 4 && slices.Contains([]uint32{macho.Magic32, macho.Magic64}, binary.LittleEndian.Uint32(head))
}

// elfID is the id of the GNU build: its first bytes, read as a GUID.
func elfID(file *os.File) string {
	f, err := elf.NewFile(file)
	if err != nil {
		return ""
	}
	const most = 1 << 16 // bytes of a section of notes
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOTE || s.Size > most {
			continue
		}
		notes, err := s.Data()
		if err != nil {
			continue
		}
		if id := buildID(notes, f.ByteOrder); len(id) > 0 {
			guid := make([]byte, 16)
			copy(guid, id)
			if f.ByteOrder == binary.LittleEndian {
				slices.Reverse(guid[:4])
				slices.Reverse(guid[4:6])
				slices.Reverse(guid[6:8])
			}
			return hex.EncodeToString(guid)
		}
	}
	return ""
}

// buildID is the GNU build id among notes.
func buildID(notes []byte, order binary.ByteOrder) []byte {
	for len(notes) >= 12 {
		name, size, kind := uint64(order.Uint32(notes)), uint64(order.Uint32(notes[4:])), order.Uint32(notes[8:])
		at := 12 + (name+3)&^3
		if at+size > uint64(len(notes)) {
			return nil
		}
		if kind == 3 && bytes.HasPrefix(notes[12:], []byte("GNU\x00")) {
			return notes[at : at+size]
		}
		notes = notes[min(at+(size+3)&^3, uint64(len(notes))):]
	}
	return nil
}

// machID is the UUID of a Mach-O file.
func machID(file *os.File) string {
	f, err := macho.NewFile(file)
	if err != nil {
		return ""
	}
	const uuid = 0x1b
	for _, l := range f.Loads {
		if raw := l.Raw(); len(raw) >= 24 && f.ByteOrder.Uint32(raw) == uuid {
			return hex.EncodeToString(raw[8:24])
		}
	}
	return ""
}
