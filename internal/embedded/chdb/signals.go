package chdb

import (
	"fmt"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// guardedSignals are the ones the engine's fatal-error handler claims and the Go runtime
// needs.
var guardedSignals = []syscall.Signal{
	syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE,
	syscall.SIGSEGV, syscall.SIGSYS, syscall.SIGTSTP, syscall.SIGPIPE,
}

// sigactionRoom is more than struct sigaction needs on any supported system; the bytes
// are only ever handed back as they came.
const sigactionRoom = 256

// signalState remembers what the process did on each guarded signal.
type signalState struct {
	sigaction func(signal int32, act, old unsafe.Pointer) int32
	actions   [][sigactionRoom]byte
}

// saveSignals reads the present action of every guarded signal.
func saveSignals() (*signalState, error) {
	address, err := purego.Dlsym(purego.RTLD_DEFAULT, "sigaction")
	if err != nil {
		return nil, fmt.Errorf("find sigaction: %w", err)
	}
	s := &signalState{actions: make([][sigactionRoom]byte, len(guardedSignals))}
	purego.RegisterFunc(&s.sigaction, address)
	for i, sig := range guardedSignals {
		if s.sigaction(int32(sig), nil, unsafe.Pointer(&s.actions[i])) != 0 {
			return nil, fmt.Errorf("read the action of %v", sig)
		}
	}
	return s, nil
}

// restore puts the saved actions back.
func (s *signalState) restore() {
	for i, sig := range guardedSignals {
		s.sigaction(int32(sig), unsafe.Pointer(&s.actions[i]), nil)
	}
}
