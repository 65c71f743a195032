package chdb

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The engine's handles are pointers into memory that the library owns. They are kept as
// unsafe.Pointer so that neither the collector nor vet mistakes them for Go integers.
type (
	connHandle   = unsafe.Pointer
	resultHandle = unsafe.Pointer
	insertHandle = unsafe.Pointer
)

// library is the set of C functions this package uses.
type library struct {
	connect           func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn         func(conn unsafe.Pointer)
	setSignalHandlers func(enabled int32)

	query        func(conn connHandle, q unsafe.Pointer, qLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) resultHandle
	streamQuery  func(conn connHandle, q unsafe.Pointer, qLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) resultHandle
	streamInsert func(conn connHandle, q unsafe.Pointer, qLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) insertHandle
	streamFetch  func(conn connHandle, stream resultHandle) resultHandle

	insertAppend  func(stream insertHandle, data unsafe.Pointer, n uintptr) int32
	insertDone    func(stream insertHandle) resultHandle
	insertCancel  func(stream insertHandle)
	insertError   func(stream insertHandle) string
	destroyInsert func(stream insertHandle)

	resultError   func(result resultHandle) string
	resultBuffer  func(result resultHandle) unsafe.Pointer
	resultLength  func(result resultHandle) uintptr
	resultWritten func(result resultHandle) uint64
	destroyResult func(result resultHandle)
}

// loadOnce holds the library of this process: it can be loaded, and set up, only once.
var loadOnce = struct {
	sync.Mutex
	path string
	lib  *library
}{}

// load opens the shared library and keeps the Go runtime's signal handlers in place: the
// library may install or reset handlers for the signals that Go needs to turn a nil
// dereference into a panic.
func load(path string) (*library, error) {
	loadOnce.Lock()
	defer loadOnce.Unlock()
	if loadOnce.lib != nil {
		if loadOnce.path != path {
			return nil, fmt.Errorf("load engine library %s: this process already runs %s", path, loadOnce.path)
		}
		return loadOnce.lib, nil
	}

	keep, err := saveSignals()
	if err != nil {
		return nil, fmt.Errorf("load engine library %s: %w", path, err)
	}
	defer keep.restore()

	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library %s: %w", path, err)
	}
	lib := &library{}
	for name, fn := range map[string]any{
		"chdb_connect":                     &lib.connect,
		"chdb_close_conn":                  &lib.closeConn,
		"chdb_set_signal_handlers_enabled": &lib.setSignalHandlers,
		"chdb_query_with_params_n":         &lib.query,
		"chdb_stream_query_with_params_n":  &lib.streamQuery,
		"chdb_stream_insert_with_params_n": &lib.streamInsert,
		"chdb_stream_fetch_result":         &lib.streamFetch,
		"chdb_stream_append":               &lib.insertAppend,
		"chdb_stream_done":                 &lib.insertDone,
		"chdb_stream_cancel_insert":        &lib.insertCancel,
		"chdb_stream_insert_error":         &lib.insertError,
		"chdb_destroy_insert_stream":       &lib.destroyInsert,
		"chdb_result_error":                &lib.resultError,
		"chdb_result_buffer":               &lib.resultBuffer,
		"chdb_result_length":               &lib.resultLength,
		"chdb_result_rows_written":         &lib.resultWritten,
		"chdb_destroy_query_result":        &lib.destroyResult,
	} {
		address, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load engine library %s: it lacks %s: %w", path, name, err)
		}
		purego.RegisterFunc(fn, address)
	}
	lib.setSignalHandlers(0)
	loadOnce.path, loadOnce.lib = path, lib
	return lib, nil
}
