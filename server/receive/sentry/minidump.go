package sentry

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// errMinidump is returned for a file that is no minidump.
var errMinidump = errors.New("the file is no minidump")

// minidump is what can be read of one without symbols.
type minidump struct {
	at      time.Time
	system  systemInfo
	crash   *crash
	threads []dumpThread
	modules []dumpModule
}

type systemInfo struct {
	platform, arch      uint32
	major, minor, build uint32
	service             string
}

type crash struct {
	thread, code, flags uint32
	address, pc         uint64
}

type dumpThread struct {
	id   uint32
	pc   uint64
	name string
}

type dumpModule struct {
	base      uint64
	size      uint32
	file      string
	debugFile string
	debugID   string
	codeID    string
}

// The streams that are read, and bounds on what is taken from them.
const (
	streamThreads     = 3
	streamModules     = 4
	streamException   = 6
	streamSystem      = 7
	streamThreadNames = 24

	dumpStreams = 256
	dumpThreads = 1000
	dumpModules = 2000
	dumpString  = 4 << 10
)

// dumpReader reads little-endian numbers; beyond the end everything is zero.
type dumpReader string

func (r dumpReader) at(offset, n uint64) []byte {
	var zero [16]byte
	if offset > uint64(len(r)) || uint64(len(r))-offset < n {
		return zero[:n]
	}
	return []byte(r[offset : offset+n])
}

func (r dumpReader) u16(o uint64) uint16 { return binary.LittleEndian.Uint16(r.at(o, 2)) }
func (r dumpReader) u32(o uint64) uint32 { return binary.LittleEndian.Uint32(r.at(o, 4)) }
func (r dumpReader) u64(o uint64) uint64 { return binary.LittleEndian.Uint64(r.at(o, 8)) }

// name reads a string of UTF-16 with its length before it.
func (r dumpReader) name(o uint64) string {
	n := min(uint64(r.u32(o)), dumpString) / 2
	if o == 0 || o+4+2*n > uint64(len(r)) {
		return ""
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = r.u16(o + 4 + 2*uint64(i))
	}
	return string(utf16.Decode(units))
}

// parseMinidump reads the lists of a minidump. Lists that lie beyond the file's end
// are left out.
func parseMinidump(data string) (*minidump, error) {
	r := dumpReader(data)
	if len(data) < 32 || data[:4] != "MDMP" {
		return nil, errMinidump
	}
	m := &minidump{at: time.Unix(int64(r.u32(20)), 0).UTC()}
	type stream struct{ offset, size uint64 }
	streams := map[uint32]stream{}
	directory := uint64(r.u32(12))
	for i := range uint64(min(r.u32(8), dumpStreams)) {
		o := directory + 12*i
		s := stream{offset: uint64(r.u32(o + 8)), size: uint64(r.u32(o + 4))}
		if s.offset+s.size <= uint64(len(data)) && s.size > 0 {
			streams[r.u32(o)] = s
		}
	}
	if s, found := streams[streamSystem]; found {
		m.system = systemInfo{
			arch: uint32(r.u16(s.offset)), major: r.u32(s.offset + 8), minor: r.u32(s.offset + 12), build: r.u32(s.offset + 16),
			platform: r.u32(s.offset + 20), service: r.name(uint64(r.u32(s.offset + 24))),
		}
	}
	if s, found := streams[streamModules]; found {
		for i := range min(uint64(r.u32(s.offset)), dumpModules, s.size/108) {
			m.modules = append(m.modules, readModule(r, s.offset+4+108*i))
		}
	}
	if s, found := streams[streamThreads]; found {
		for i := range min(uint64(r.u32(s.offset)), dumpThreads, s.size/48) {
			o := s.offset + 4 + 48*i
			m.threads = append(m.threads, dumpThread{id: r.u32(o), pc: m.counter(r, uint64(r.u32(o+44)))})
		}
	}
	if s, found := streams[streamThreadNames]; found {
		for i := range min(uint64(r.u32(s.offset)), dumpThreads, s.size/12) {
			o := s.offset + 4 + 12*i
			m.nameThread(r.u32(o), r.name(r.u64(o+4)))
		}
	}
	if s, found := streams[streamException]; found {
		m.crash = &crash{
			thread: r.u32(s.offset), code: r.u32(s.offset + 8), flags: r.u32(s.offset + 12), address: r.u64(s.offset + 24),
			pc: m.counter(r, uint64(r.u32(s.offset+164))),
		}
	}
	return m, nil
}

func (m *minidump) nameThread(id uint32, name string) {
	for i := range m.threads {
		if m.threads[i].id == id {
			m.threads[i].name = name
			return
		}
	}
}

// The processors whose program counter is found.
const (
	archX86   = 0
	archARM   = 5
	archAMD64 = 9
	archARM64 = 12
	// Breakpad's own number for ARM64, with another layout of the registers.
	archARM64Old = 0x8003
)

// counter reads the program counter of a thread's registers.
func (m *minidump) counter(r dumpReader, context uint64) uint64 {
	if context == 0 {
		return 0
	}
	switch m.system.arch {
	case archX86:
		return uint64(r.u32(context + 184))
	case archAMD64:
		return r.u64(context + 248)
	case archARM:
		return uint64(r.u32(context + 64))
	case archARM64:
		return r.u64(context + 264)
	case archARM64Old:
		return r.u64(context + 264)
	}
	return 0
}

func readModule(r dumpReader, o uint64) dumpModule {
	m := dumpModule{base: r.u64(o), size: r.u32(o + 8), file: r.name(uint64(r.u32(o + 20)))}
	size, record := uint64(r.u32(o+76)), uint64(r.u32(o+80))
	if size < 8 || record+size > uint64(len(r)) {
		return m
	}
	switch string(r[record : record+4]) {
	case "RSDS": // Windows, and Breakpad everywhere
		if size < 24 {
			return m
		}
		id := r.at(record+4, 16)
		m.debugID = guid(id)
		if age := r.u32(record + 20); age > 0 {
			m.debugID += fmt.Sprintf("-%x", age)
		}
		file := string(r[record+24 : record+size])
		m.debugFile, _, _ = strings.Cut(file, "\x00")
		m.codeID = fmt.Sprintf("%08X%x", r.u32(o+16), m.size)
	case "LEpB": // Breakpad's build id of ELF
		id := string(r[record+4 : record+min(size, 4+64)])
		m.codeID = hex.EncodeToString([]byte(id))
		var first [16]byte
		copy(first[:], id)
		m.debugID = guid(first[:])
		m.debugFile = m.file
	}
	return m
}

// guid writes an id as debuggers do: its first three parts are little-endian.
func guid(b []byte) string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:16])
}
