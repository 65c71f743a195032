package sentry

import (
	"fmt"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// The numbers of systems in minidumps.
const (
	systemWindows = 2
	systemMac     = 0x8101
	systemIOS     = 0x8102
	systemLinux   = 0x8201
	systemAndroid = 0x8203
)

// osName is the system's name and the family whose crash codes it uses.
func (s systemInfo) osName() string {
	switch s.platform {
	case systemWindows:
		return "Windows"
	case systemMac:
		return "macOS"
	case systemIOS:
		return "iOS"
	case systemLinux:
		return "Linux"
	case systemAndroid:
		return "Android"
	}
	return ""
}

func (s systemInfo) archName() string {
	switch s.arch {
	case archX86:
		return "x86"
	case archARM:
		return "arm"
	case archAMD64:
		return "x86_64"
	case archARM64, archARM64Old:
		return "arm64"
	}
	return ""
}

// windowsCodes are the exceptions that programs die of.
var windowsCodes = map[uint32]string{
	0x80000001: "EXCEPTION_GUARD_PAGE", 0x80000002: "EXCEPTION_DATATYPE_MISALIGNMENT", 0x80000003: "EXCEPTION_BREAKPOINT", 0xC0000005: "EXCEPTION_ACCESS_VIOLATION",
	0xC0000006: "EXCEPTION_IN_PAGE_ERROR", 0xC0000008: "EXCEPTION_INVALID_HANDLE", 0xC0000017: "STATUS_NO_MEMORY", 0xC000001D: "EXCEPTION_ILLEGAL_INSTRUCTION",
	0xC0000025: "EXCEPTION_NONCONTINUABLE_EXCEPTION", 0xC000008C: "EXCEPTION_ARRAY_BOUNDS_EXCEEDED", 0xC000008E: "EXCEPTION_FLT_DIVIDE_BY_ZERO",
	0xC0000094: "EXCEPTION_INT_DIVIDE_BY_ZERO", 0xC0000095: "EXCEPTION_INT_OVERFLOW", 0xC0000096: "EXCEPTION_PRIV_INSTRUCTION", 0xC00000FD: "EXCEPTION_STACK_OVERFLOW",
	0xC0000374: "STATUS_HEAP_CORRUPTION", 0xC0000409: "STATUS_STACK_BUFFER_OVERRUN", 0xE06D7363: "Unhandled C++ Exception", 0xE0434352: "Unhandled .NET Exception",
	0x0517A7ED: "Simulated Exception",
}

// signals are those of Linux and Android.
var signals = map[uint32]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM",
	15: "SIGTERM", 16: "SIGSTKFLT", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS", 0xFFFFFFFF: "DUMP_REQUESTED",
}

// machExceptions are those of macOS and iOS.
var machExceptions = map[uint32]string{
	1: "EXC_BAD_ACCESS", 2: "EXC_BAD_INSTRUCTION", 3: "EXC_ARITHMETIC", 4: "EXC_EMULATION", 5: "EXC_SOFTWARE", 6: "EXC_BREAKPOINT", 10: "EXC_CRASH", 11: "EXC_RESOURCE", 12: "EXC_GUARD",
	0x43507378: "Simulated Exception",
}

// crashName is the name of a code.
func (m *minidump) crashName() string {
	names := map[uint32]string(nil)
	switch m.system.platform {
	case systemWindows:
		names = windowsCodes
	case systemMac, systemIOS:
		names = machExceptions
	case systemLinux, systemAndroid:
		names = signals
	}
	if name := names[m.crash.code]; name != "" {
		return name
	}
	return fmt.Sprintf("0x%08x", m.crash.code)
}

// module finds the module an address lies in.
func (m *minidump) module(address uint64) *dumpModule {
	for i := range m.modules {
		if x := &m.modules[i]; address >= x.base && address-x.base < uint64(x.size) {
			return x
		}
	}
	return nil
}

// frame is the one frame that is known of a thread without unwinding its stack. Its
// function is written as debuggers do without symbols: module and offset.
func (m *minidump) frame(pc uint64) event.Stacktrace {
	if pc == 0 {
		return event.Stacktrace{}
	}
	f := event.Frame{InstructionAddr: pc}
	if x := m.module(pc); x != nil {
		f.Package, f.ImageAddr = x.file, x.base
		f.Function = fmt.Sprintf("%s+0x%x", baseName(x.file), pc-x.base)
	}
	return event.Stacktrace{Frames: []event.Frame{f}}
}

func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// fill writes what the dump says into an event, where the event does not say
// better itself.
func (m *minidump) fill(e *event.Event) {
	if e.Platform == "" {
		e.Platform = "native"
	}
	if e.Timestamp.IsZero() {
		e.Timestamp = m.at
	}
	if e.Level == event.LevelUnknown {
		e.Level = event.LevelFatal
	}
	if m.crash != nil && len(e.Exceptions) == 0 {
		e.Exceptions = []event.Exception{m.exception()}
	}
	if m.crash == nil && len(e.Exceptions) == 0 && e.Message.Text() == "" {
		e.Message.Formatted = "Minidump without an exception"
	}
	if len(e.Threads) == 0 {
		for _, t := range m.threads {
			crashed := m.crash != nil && m.crash.thread == t.id
			thread := event.Thread{ID: fmt.Sprint(t.id), Name: t.name, Crashed: crashed, Current: crashed}
			if !crashed {
				thread.Stack = m.frame(t.pc)
			}
			e.Threads = append(e.Threads, thread)
		}
	}
	if len(e.DebugImages) == 0 {
		m.images(e)
	}
	m.contexts(e)
}

func (m *minidump) exception() event.Exception {
	name, c := m.crashName(), m.crash
	pc := c.pc
	if pc == 0 {
		pc = c.address
	}
	value := "Fatal Error: " + name
	if x := m.module(pc); x != nil {
		value += " in " + baseName(x.file)
	}
	return event.Exception{
		Type: name, Value: value, ThreadID: fmt.Sprint(c.thread), Stack: m.frame(pc),
		Mechanism: event.Mechanism{
			Type: "minidump", Handled: event.HandledNo, ParentID: -1,
			Data: event.Object(fmt.Sprintf(`{"code":"0x%x","flags":"0x%x","address":"0x%x"}`, c.code, c.flags, c.address)),
		},
	}
}

func (m *minidump) images(e *event.Event) {
	kind := map[uint32]string{systemWindows: "pe", systemMac: "macho", systemIOS: "macho", systemLinux: "elf", systemAndroid: "elf"}[m.system.platform]
	for i := range m.modules {
		x := &m.modules[i]
		e.DebugImages = append(e.DebugImages, event.DebugImage{
			Type: kind, DebugID: x.debugID, CodeID: x.codeID, CodeFile: x.file, DebugFile: x.debugFile,
			ImageAddr: x.base, ImageSize: uint64(x.size), Arch: m.system.archName(),
		})
	}
}

func (m *minidump) contexts(e *event.Event) {
	has := func(name string) bool {
		for i := range e.Contexts {
			if e.Contexts[i].Name == name {
				return true
			}
		}
		return false
	}
	if name := m.system.osName(); name != "" && !has("os") {
		data := withMember("", "name", quote(name))
		data = withMember(data, "version", quote(fmt.Sprintf("%d.%d.%d", m.system.major, m.system.minor, m.system.build)))
		if m.system.service != "" {
			data = withMember(data, "build", quote(m.system.service))
		}
		e.Contexts = append(e.Contexts, event.Context{Name: "os", Data: data})
	}
	if arch := m.system.archName(); arch != "" && !has("device") {
		e.Contexts = append(e.Contexts, event.Context{Name: "device", Data: withMember("", "arch", quote(arch))})
	}
}
