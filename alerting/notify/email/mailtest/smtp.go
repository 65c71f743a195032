// Package mailtest gives tests real places to send mail to: an SMTP server, and an HTTP server
// that stands in for Resend's API. Both keep what they were given and can be told to fail. It
// is for tests only.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is one mail as it arrived.
type Mail struct {
	From   string // of the envelope
	To     string // of the envelope
	Header mail.Header
	Text   string
	HTML   string
	TLS    bool
	User   string // who signed in
}

// Subject is the decoded subject.
func (m Mail) Subject() string {
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return m.Header.Get("Subject")
	}
	return s
}

// SMTP is a mail server on a free port of this machine.
type SMTP struct {
	Host string // a name that the certificate is for
	Port int
	CA   string // PEM file of the authority of the server's certificate

	mu    sync.Mutex
	mails []Mail
	fail  func(n int) error // asked with the number of the mail that is offered, from 1
	tries int
	user  string
	pass  string
}

// Options say how the server behaves.
type Options struct {
	TLS       bool // from the first byte, rather than STARTTLS
	NoTLS     bool // neither
	User      string
	Password  string
	Fail      func(n int) error // answer to the n-th offer of a mail, from 1; nil: take it
	HangUpEnd bool              // close the connection after taking a mail, without an answer to what follows
}

// StartSMTP runs a server until the test ends.
func StartSMTP(t testing.TB, o Options) *SMTP {
	t.Helper()
	s := &SMTP{Host: "localhost", fail: o.Fail, user: o.User, pass: o.Password}
	cert := s.certificate(t)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, hangUp: o.HangUpEnd}, nil
	}))
	server.Domain, server.AllowInsecureAuth, server.MaxMessageBytes = "localhost", true, 10<<20
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	switch {
	case o.TLS:
		listener = tls.NewListener(listener, config)
	case !o.NoTLS:
		server.TLSConfig = config
	}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(listener) }()
	t.Cleanup(func() {
		listener.Close() // the server may not know it yet
		server.Close()
		<-done
	})
	return s
}

// Mails returns what was taken so far.
func (s *SMTP) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// FailWith changes the answers.
func (s *SMTP) FailWith(fail func(n int) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.tries = fail, 0
}

// certificate makes a certificate for localhost and writes it down as its own authority.
func (s *SMTP) certificate(t testing.TB) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.CA = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

type session struct {
	server *SMTP
	conn   *smtp.Conn
	hangUp bool
	mail   Mail
	user   string
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.user || password != s.server.pass {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.user != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.mail = Mail{From: from, User: s.user}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	_, s.mail.TLS = s.conn.TLSConnectionState()
	if err := s.mail.read(r); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.tries++
	if s.server.fail != nil {
		if err := s.server.fail(s.server.tries); err != nil {
			return err
		}
	}
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}

// Reset implements smtp.Session. The library that sends resets after each mail.
func (s *session) Reset() {
	if s.hangUp && s.mail.Header != nil {
		s.conn.Conn().Close()
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// read takes a mail apart.
func (m *Mail) read(r io.Reader) error {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	m.Header = msg.Header
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return errors.New("the mail is no multipart/alternative")
	}
	for parts := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var body io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(text)
		} else {
			m.Text = string(text)
		}
	}
}
