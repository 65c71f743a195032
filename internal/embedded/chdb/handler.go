package chdb

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// maxStatement bounds the text of a statement; rows of an INSERT are not part of it when
// they come in a format.
const maxStatement = 64 << 20

// handler answers the ClickHouse HTTP interface.
type handler struct {
	engine   *engine
	secret   string
	defaults map[string]string // settings of every statement
	slots    chan struct{}     // one token for each statement under way
	serial   atomic.Uint64
}

func newHandler(e *engine, secret string, limits Limits) *handler {
	return &handler{engine: e, secret: secret, defaults: limits.statement(), slots: make(chan struct{}, limits.Statements)}
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	if err := h.serve(w, r); err != nil {
		fail(w, err)
	}
}

// serve runs the statement of one request. An error it returns was met before the answer
// began.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) error {
	if !h.knows(r) {
		return refuse(codeAuthenticationFailed, "Authentication failed: the secret of this start of the engine is needed. (AUTHENTICATION_FAILED)")
	}
	if r.URL.Path == "/health" {
		return h.health(w)
	}
	req, err := parseRequest(r.URL.Query(), h.engine.knows)
	if err != nil {
		return err
	}
	body, err := decodeBody(r, req)
	if err != nil {
		return err
	}
	defer body.Close()
	if !req.bodyIsData {
		if req.sql, err = readStatement(body); err != nil {
			return err
		}
	}
	if req.queryID != "" {
		w.Header().Set("X-ClickHouse-Query-Id", req.queryID)
	}
	w.Header().Set("X-ClickHouse-Format", req.format)
	if isHello(req.sql) {
		return writeWhole(w, r, req, h.engine.hello.encode())
	}
	st := classify(req.sql)
	if st.kind == kindRefused {
		return refuse(codeAccessDenied, "%s. (ACCESS_DENIED)", st.reason)
	}

	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-r.Context().Done():
		return refuse(codeTooManyQueries, "the client left while waiting for one of %d statement slots", cap(h.slots))
	}
	return h.run(w, r, req, st, body)
}

// run hands the statement to the engine on a connection of its own.
func (h *handler) run(w http.ResponseWriter, r *http.Request, req *request, st statement, body io.Reader) error {
	tag := strings.TrimSpace(fmt.Sprintf("faultline-%d %s", h.serial.Add(1), req.comment))
	c, err := h.engine.connect(req.arguments(h.defaults, tag))
	if err != nil {
		return err
	}
	defer c.close()
	defer h.cancelWith(r.Context(), tag)()
	if err := c.use(req.database); err != nil {
		return err
	}

	switch {
	case st.kind == kindInsert && st.format != "" && req.bodyIsData:
		return h.insert(w, c, st, req, body)
	case st.kind == kindRead:
		return h.read(w, r, c, req)
	default:
		return h.whole(w, r, c, req)
	}
}

// health runs a trivial statement beside the slots, so that a full house is not taken for
// a dead one.
func (h *handler) health(w http.ResponseWriter) error {
	c, err := h.engine.connect(nil)
	if err != nil {
		return err
	}
	defer c.close()
	r, err := c.query("SELECT 1", "TSV", nil)
	if err != nil {
		return err
	}
	defer r.close()
	w.Write(r.bytes())
	return nil
}

// insert feeds the body to the engine. A body that ends early stores nothing.
func (h *handler) insert(w http.ResponseWriter, c *conn, st statement, req *request, body io.Reader) error {
	in, err := c.insert(st.sql, st.format, req.params)
	if err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if err := in.append(buf[:n]); err != nil {
				in.cancel()
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			in.cancel()
			return refuse(codeCannotParse, "read the rows of the insert: %v", err)
		}
	}
	if err := in.done(); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// read streams the rows of a statement. The first piece is fetched before the answer
// begins, so that most errors still get a status of their own.
func (h *handler) read(w http.ResponseWriter, r *http.Request, c *conn, req *request) error {
	s, err := c.stream(req.sql, req.format, req.params)
	if notStreamable(err) {
		return h.whole(w, r, c, req)
	}
	if err != nil {
		return err
	}
	defer s.close()
	piece, err := s.next()
	if err != nil {
		return err
	}
	out := newAnswer(w, r, req)
	for piece != nil {
		err := out.write(piece.bytes())
		piece.close()
		if err != nil {
			return nil // the client left; there is nobody to tell
		}
		if piece, err = s.next(); err != nil {
			out.fail(err)
			return nil
		}
	}
	out.close()
	return nil
}

// whole runs a statement whose answer comes in one piece.
func (h *handler) whole(w http.ResponseWriter, r *http.Request, c *conn, req *request) error {
	res, err := c.query(req.sql, req.format, req.params)
	if err != nil {
		return err
	}
	defer res.close()
	return writeWhole(w, r, req, res.bytes())
}

// notStreamable tells that the engine wants the statement in one piece; it has not run.
func notStreamable(err error) bool {
	var e *exception
	return errors.As(err, &e) && strings.Contains(e.Message, "Streaming query is not supported")
}

// cancelWith kills the tagged statement when the client leaves. The returned function
// ends the watch.
func (h *handler) cancelWith(ctx context.Context, tag string) func() {
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		c, err := h.engine.connect(nil)
		if err != nil {
			return
		}
		defer c.close()
		if r, err := c.query("KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC", "Null", []param{{"tag", tag}}); err == nil {
			r.close()
		}
	})
	return func() {
		if !stop() {
			<-killed
		}
	}
}

// knows checks the secret, given as the password of Basic authentication or in the header
// that ClickHouse has for it.
func (h *handler) knows(r *http.Request) bool {
	given := r.Header.Get("X-ClickHouse-Key")
	if _, password, ok := r.BasicAuth(); ok {
		given = password
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(h.secret)) == 1
}

// readStatement reads the text of a statement.
func readStatement(body io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxStatement+1))
	if err != nil {
		return "", refuse(codeCannotParse, "read the statement: %v", err)
	}
	if len(text) > maxStatement {
		return "", refuse(codeSyntaxError, "the statement is longer than %d bytes; send rows with a FORMAT clause in the URL", maxStatement)
	}
	if len(text) == 0 {
		return "", refuse(codeSyntaxError, "Empty query. (SYNTAX_ERROR)")
	}
	return string(text), nil
}

// fail answers with an exception.
func fail(w http.ResponseWriter, err error) {
	var e *exception
	if !errors.As(err, &e) {
		e = &exception{Code: codeUnknown, Message: err.Error()}
	}
	text := e.Error() + "\n"
	w.Header().Del("Content-Encoding")
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(e.status())
	io.WriteString(w, text)
}
