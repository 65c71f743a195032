package faultline

import (
	"runtime"
	"slices"
	"strings"
	"sync"
)

const (
	// maxFrames is how many calls of a stack are kept.
	maxFrames = 100
	// maxCachedCounters bounds the cache of resolved program counters.
	maxCachedCounters = 20_000
	// ownPackage is this package; its frames are not part of a program's stack.
	ownPackage = "github.com/faultline-dev/faultline/sdk-go"
	// slogPackage is the slog handler, which captures below log/slog.
	slogPackage = ownPackage + "/slog"
)

// Stacktrace is a list of calls, the caller first and the crash last.
type Stacktrace struct {
	// Frames is empty until a hook or the transport needs them.
	Frames        []Frame
	FramesOmitted int

	pcs []uintptr // not resolved yet, the crash first
	// unsorted means that nobody has said yet which frames are the program's.
	unsorted bool
	// panicked means that the stack begins inside a recovering function.
	panicked bool
}

// Frame is one call.
type Frame struct {
	// Function is the name without its package: "(*Server).handle".
	Function string
	// Module is the package.
	Module string
	// Filename is relative to the module or the standard library.
	Filename string
	AbsPath  string
	Lineno   int
	Colno    int
	// InApp is true for the program's own code.
	InApp       bool
	PreContext  []string
	ContextLine string
	PostContext []string
	Vars        map[string]any
}

// NewStacktrace returns the stack of its caller.
func NewStacktrace() *Stacktrace { return captureStack(1) }

// captureStack notes the stack of the function skip levels above its caller.
// Names and lines are looked up later.
func captureStack(skip int) *Stacktrace {
	var buf [maxFrames]uintptr
	n := runtime.Callers(skip+2, buf[:])
	if n == 0 {
		return nil
	}
	return &Stacktrace{pcs: slices.Clone(buf[:n])}
}

// stackOf returns the stack of return addresses as runtime.Callers gives them.
func stackOf(pcs []uintptr) *Stacktrace {
	if len(pcs) == 0 {
		return nil
	}
	s := &Stacktrace{pcs: slices.Clone(pcs[:min(len(pcs), maxFrames)])}
	s.FramesOmitted = len(pcs) - len(s.pcs)
	return s
}

// stackOfFrames returns the stack of frames, the crash first.
func stackOfFrames(frames []runtime.Frame) *Stacktrace {
	if len(frames) == 0 {
		return nil
	}
	s := &Stacktrace{unsorted: true}
	for _, f := range slices.Backward(frames[:min(len(frames), maxFrames)]) {
		s.Frames = append(s.Frames, newFrame(f))
	}
	s.FramesOmitted = len(frames) - len(s.Frames)
	return s
}

// resolve fills in Frames.
func (s *Stacktrace) resolve(app *inApp) {
	if s == nil {
		return
	}
	if s.pcs != nil {
		frames := make([]Frame, 0, len(s.pcs))
		for _, pc := range s.pcs {
			frames = append(frames, framesOf(pc)...)
		}
		frames = trimOutside(trimInside(frames, s.panicked))
		slices.Reverse(frames)
		s.Frames, s.pcs, s.unsorted = frames, nil, true
	}
	if !s.unsorted {
		return
	}
	s.unsorted = false
	for i := range s.Frames {
		s.Frames[i].InApp = app.is(&s.Frames[i])
	}
}

// trimInside removes what the SDK and the runtime's panicking added at the
// inner end of a stack.
func trimInside(frames []Frame, panicked bool) []Frame {
	if panicked {
		if i := slices.IndexFunc(frames, func(f Frame) bool { return f.Module == "runtime" && f.Function == "gopanic" }); i >= 0 {
			frames = frames[i+1:]
			for len(frames) > 1 && frames[0].Module == "runtime" {
				frames = frames[1:]
			}
			return frames
		}
	}
	outside := slices.IndexFunc(frames, func(f Frame) bool { return !ownFrame(f) })
	if outside <= 0 {
		return frames
	}
	if frames[outside-1].Module == slogPackage {
		for outside < len(frames)-1 && frames[outside].Module == "log/slog" {
			outside++
		}
	}
	return frames[outside:]
}

// trimOutside removes the runtime's own callers, which every stack has.
func trimOutside(frames []Frame) []Frame {
	for n := len(frames); n > 1; n-- {
		if f := frames[n-1]; f.Module != "runtime" || f.Function != "goexit" && f.Function != "main" {
			break
		}
		frames = frames[:n-1]
	}
	return frames
}

func ownFrame(f Frame) bool {
	return (f.Module == ownPackage || f.Module == slogPackage) && !strings.HasSuffix(f.AbsPath, "_test.go")
}

// counterCache keeps what program counters stand for. A program has only so
// many of them that ever appear in a stack.
var counterCache struct {
	sync.RWMutex
	frames map[uintptr][]Frame
}

// framesOf returns the calls that a return address stands for. The caller
// must not change them.
func framesOf(pc uintptr) []Frame {
	counterCache.RLock()
	frames, ok := counterCache.frames[pc]
	counterCache.RUnlock()
	if ok {
		return frames
	}
	for it := runtime.CallersFrames([]uintptr{pc}); ; {
		f, more := it.Next()
		if f.Function != "" || f.File != "" {
			frames = append(frames, newFrame(f))
		}
		if !more {
			break
		}
	}
	counterCache.Lock()
	defer counterCache.Unlock()
	if counterCache.frames == nil || len(counterCache.frames) >= maxCachedCounters {
		counterCache.frames = map[uintptr][]Frame{}
	}
	counterCache.frames[pc] = frames
	return frames
}

func newFrame(f runtime.Frame) Frame {
	module, function := splitFunction(f.Function)
	return Frame{
		Function: function,
		Module:   module,
		Filename: relativeFile(f.File, module),
		AbsPath:  f.File,
		Lineno:   f.Line,
	}
}

// splitFunction splits "example.com/shop/cart.(*Cart).Add" behind the package.
// The linker writes a dot in the last element of a package as %2e.
func splitFunction(name string) (module, function string) {
	generic := len(name)
	if i := strings.IndexByte(name, '['); i >= 0 {
		generic = i // type arguments may hold slashes
	}
	slash := strings.LastIndexByte(name[:generic], '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return "", name
	}
	module, function = name[:slash+dot], name[slash+dot+1:]
	return strings.ReplaceAll(module, "%2e", "."), function
}
