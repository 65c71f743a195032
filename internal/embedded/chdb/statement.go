package chdb

import (
	"errors"
	"runtime"
	"strings"
	"unsafe"
)

// conn is one connection to the engine of this process. It runs one statement at a time
// and is cheap enough to be made for a single statement, which keeps the settings of
// one statement from reaching another.
type conn struct {
	lib    *library
	handle *connHandle
}

// errConnect says that the engine gave no connection; it prints its reason on stderr only.
var errConnect = errors.New("the engine refused the connection")

// open opens a connection with command-line style arguments.
func (l *library) open(args []string) (*conn, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	argv := make([]unsafe.Pointer, len(args)+1)
	for i, arg := range args {
		b := append([]byte(arg), 0)
		pins.Pin(&b[0])
		argv[i] = unsafe.Pointer(&b[0])
	}
	pins.Pin(&argv[0])
	handle := (*connHandle)(l.connect(int32(len(args)), unsafe.Pointer(&argv[0])))
	if handle == nil || *handle == nil {
		return nil, errConnect
	}
	return &conn{lib: l, handle: handle}, nil
}

// use picks the database that unqualified names mean; empty leaves the engine's default.
func (c *conn) use(database string) error {
	if database == "" {
		return nil
	}
	r, err := c.query("USE "+quoteName(database), "Null", nil)
	if err != nil {
		return err
	}
	r.close()
	return nil
}

// quoteName writes an identifier so that no byte of it can end it.
func quoteName(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// close gives the connection back to the engine.
func (c *conn) close() { c.lib.closeConn(unsafe.Pointer(c.handle)) }

// param is one bound query parameter, as text.
type param struct{ name, value string }

// arguments holds a statement's text and parameters at fixed addresses for one call.
type arguments struct {
	pins                runtime.Pinner
	query, format       unsafe.Pointer
	queryLen, formatLen uintptr
	names, values       unsafe.Pointer
	nameLens, valueLens unsafe.Pointer
	count               uintptr
}

func newArguments(query, format string, params []param) *arguments {
	a := &arguments{count: uintptr(len(params))}
	a.query, a.queryLen = a.pin(query)
	a.format, a.formatLen = a.pin(format)
	if len(params) == 0 {
		return a
	}
	names, nameLens := make([]unsafe.Pointer, len(params)), make([]uintptr, len(params))
	values, valueLens := make([]unsafe.Pointer, len(params)), make([]uintptr, len(params))
	for i, p := range params {
		names[i], nameLens[i] = a.pin(p.name)
		values[i], valueLens[i] = a.pin(p.value)
	}
	a.pins.Pin(&names[0])
	a.pins.Pin(&nameLens[0])
	a.pins.Pin(&values[0])
	a.pins.Pin(&valueLens[0])
	a.names, a.nameLens = unsafe.Pointer(&names[0]), unsafe.Pointer(&nameLens[0])
	a.values, a.valueLens = unsafe.Pointer(&values[0]), unsafe.Pointer(&valueLens[0])
	return a
}

// pin copies s, NUL-terminated for good measure, to an address that stays put.
func (a *arguments) pin(s string) (unsafe.Pointer, uintptr) {
	b := make([]byte, len(s)+1)
	copy(b, s)
	a.pins.Pin(&b[0])
	return unsafe.Pointer(&b[0]), uintptr(len(s))
}

// query runs a statement to its end and returns the whole answer.
func (c *conn) query(sql, format string, params []param) (*result, error) {
	a := newArguments(sql, format, params)
	defer a.pins.Unpin()
	return c.result(c.lib.query(*c.handle, a.query, a.queryLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count))
}

// stream starts a statement whose answer comes in pieces. The caller must close it.
func (c *conn) stream(sql, format string, params []param) (*stream, error) {
	a := newArguments(sql, format, params)
	defer a.pins.Unpin()
	head, err := c.result(c.lib.streamQuery(*c.handle, a.query, a.queryLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count))
	if err != nil {
		return nil, err
	}
	return &stream{conn: c, head: head}, nil
}

// insert starts an INSERT whose rows follow in the given format. The caller must finish it
// with done or cancel.
func (c *conn) insert(sql, format string, params []param) (*insert, error) {
	a := newArguments(sql, format, params)
	defer a.pins.Unpin()
	handle := c.lib.streamInsert(*c.handle, a.query, a.queryLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count)
	if handle == nil {
		return nil, &exception{Code: codeUnknown, Message: "the engine did not start the insert"}
	}
	in := &insert{conn: c, handle: handle}
	if err := parseException(c.lib.insertError(handle)); err != nil {
		in.cancel()
		return nil, err
	}
	return in, nil
}

// result turns what the library returned into an answer or an error.
func (c *conn) result(handle resultHandle) (*result, error) {
	if handle == nil {
		return nil, &exception{Code: codeUnknown, Message: "the engine gave no result"}
	}
	r := &result{lib: c.lib, handle: handle}
	if err := parseException(c.lib.resultError(handle)); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// result is an answer in memory that the library owns until close.
type result struct {
	lib    *library
	handle resultHandle
}

// bytes is the answer; it must not be used after close.
func (r *result) bytes() []byte {
	n := r.lib.resultLength(r.handle)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.handle)), n)
}

func (r *result) close() { r.lib.destroyResult(r.handle) }

// stream is an answer that arrives in pieces.
type stream struct {
	conn *conn
	head *result
}

// next returns the next piece, nil at the end.
func (s *stream) next() (*result, error) {
	r, err := s.conn.result(s.conn.lib.streamFetch(*s.conn.handle, s.head.handle))
	if err != nil {
		return nil, err
	}
	if r.lib.resultLength(r.handle) == 0 {
		r.close()
		return nil, nil
	}
	return r, nil
}

func (s *stream) close() { s.head.close() }

// insert is an INSERT under way.
type insert struct {
	conn   *conn
	handle insertHandle
}

// append hands rows to the engine, which copies them.
func (i *insert) append(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if i.conn.lib.insertAppend(i.handle, unsafe.Pointer(&p[0]), uintptr(len(p))) == 0 {
		return nil
	}
	if err := parseException(i.conn.lib.insertError(i.handle)); err != nil {
		return err
	}
	return &exception{Code: codeUnknown, Message: "the engine took no more rows"}
}

// done ends the insert; the rows are stored when it returns nil.
func (i *insert) done() error {
	defer i.conn.lib.destroyInsert(i.handle)
	r, err := i.conn.result(i.conn.lib.insertDone(i.handle))
	if err != nil {
		return err
	}
	r.close()
	return nil
}

// cancel drops what was appended and not stored yet.
func (i *insert) cancel() {
	i.conn.lib.insertCancel(i.handle)
	i.conn.lib.destroyInsert(i.handle)
}
