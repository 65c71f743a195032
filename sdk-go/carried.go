package faultline

import (
	"reflect"
	"runtime"
)

// carriedStack returns the stack that an error carries, if it does: through
// StackTrace (pkg/errors and its successors), Callers or StackFrames
// (go-errors and others), or a frame field (x/xerrors). The packages are
// recognised by shape, so that none of them is a dependency.
func carriedStack(err error) (stack *Stacktrace) {
	defer func() {
		if recover() != nil {
			stack = nil
		}
	}()
	switch e := err.(type) {
	case interface{ Callers() []uintptr }:
		return stackOf(e.Callers())
	case interface{ StackFrames() []runtime.Frame }:
		return stackOfFrames(e.StackFrames())
	}
	value := reflect.ValueOf(err)
	if method := value.MethodByName("StackTrace"); method.IsValid() {
		if t := method.Type(); t.NumIn() == 0 && t.NumOut() == 1 {
			return stackOf(counters(method.Call(nil)[0]))
		}
	}
	return stackOf(xerrorsFrame(value))
}

// counters reads a slice whose elements are program counters.
func counters(v reflect.Value) []uintptr {
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Uintptr {
		return nil
	}
	pcs := make([]uintptr, v.Len())
	for i := range pcs {
		pcs[i] = uintptr(v.Index(i).Uint())
	}
	return pcs
}

// xerrorsFrame reads the field `frame xerrors.Frame`, which holds the counters
// of the function that made the error and of its callees.
func xerrorsFrame(v reflect.Value) []uintptr {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	frame := v.FieldByName("frame")
	if !frame.IsValid() || frame.Kind() != reflect.Struct {
		return nil
	}
	array := frame.FieldByName("frames")
	if !array.IsValid() || array.Kind() != reflect.Array || array.Type().Elem().Kind() != reflect.Uintptr {
		return nil
	}
	// The first is inside xerrors; the second is the caller that made the error.
	if array.Len() < 2 || array.Index(1).Uint() == 0 {
		return nil
	}
	return []uintptr{uintptr(array.Index(1).Uint())}
}
