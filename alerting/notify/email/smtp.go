package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/faultline-dev/faultline/alerting/notify"
)

// smtpSender hands mails to an SMTP server, one connection a mail.
type smtpSender struct {
	cfg     Config
	tls     *tls.Config
	options []mail.Option
}

func newSMTP(cfg Config) (*smtpSender, error) {
	s := &smtpSender{cfg: cfg, tls: &tls.Config{ServerName: cfg.SMTPHost, MinVersion: tls.VersionTLS12}}
	if cfg.SMTPCertificates != "" {
		pem, err := os.ReadFile(cfg.SMTPCertificates)
		if err != nil {
			return nil, fmt.Errorf("email: read email-smtp-certificates: %w", err)
		}
		s.tls.RootCAs = x509.NewCertPool()
		if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("email: email-smtp-certificates %s holds no PEM certificate", cfg.SMTPCertificates)
		}
	}
	s.options = []mail.Option{mail.WithPort(cfg.port()), mail.WithTimeout(cfg.Timeout), mail.WithTLSConfig(s.tls), mail.WithTLSPolicy(s.policy()), mail.WithoutNoop()}
	if cfg.SMTPHello != "" {
		s.options = append(s.options, mail.WithHELO(cfg.SMTPHello))
	}
	if cfg.SMTPUser != "" {
		s.options = append(s.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(cfg.SMTPUser), mail.WithPassword(cfg.SMTPPassword))
	}
	if _, err := mail.NewClient(cfg.SMTPHost, s.options...); err != nil {
		return nil, fmt.Errorf("email: use the mail server %s: %w", cfg.SMTPHost, err)
	}
	return s, nil
}

// SMTPAddress is the mail server's HOST:PORT.
func (c Config) SMTPAddress() string { return net.JoinHostPort(c.SMTPHost, strconv.Itoa(c.port())) }

// port is the mail server's, by what it is usual for the security.
func (c Config) port() int {
	switch {
	case c.SMTPPort != 0:
		return c.SMTPPort
	case c.SMTPSecurity == SecurityTLS:
		return 465
	case c.SMTPSecurity == SecurityNone:
		return 25
	}
	return 587
}

// policy is about STARTTLS. With security tls the dialer has encrypted already, and
// opportunistic is what makes the library look whether that is so.
func (s *smtpSender) policy() mail.TLSPolicy {
	switch s.cfg.SMTPSecurity {
	case SecurityTLS:
		return mail.TLSOpportunistic
	case SecurityNone:
		return mail.NoTLS
	}
	return mail.TLSMandatory
}

// Send implements Sender.
func (s *smtpSender) Send(ctx context.Context, m Message) error {
	msg, err := smtpMessage(m)
	if err != nil {
		return &notify.Failure{Reason: "smtp_error", Permanent: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	err = s.deliver(ctx, msg)
	// What goes wrong after the server took the mail must not bring it a second time.
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return &notify.Failure{Reason: "smtp_error", Permanent: refused(err), Err: err}
}

func (s *smtpSender) deliver(ctx context.Context, msg *mail.Msg) error {
	// The library leaves the connection open when signing in fails.
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	dial := func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		if conn, err = s.dial(ctx, network, address); err != nil {
			return nil, err
		}
		return conn, nil
	}
	client, err := mail.NewClient(s.cfg.SMTPHost, append(s.options[:len(s.options):len(s.options)], mail.WithDialContextFunc(dial))...)
	if err != nil {
		return fmt.Errorf("use the mail server %s: %w", s.cfg.SMTPHost, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to the mail server %s: %w", client.ServerAddr(), err)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	defer stop()
	if err := client.SendWithSMTPClient(session, msg); err != nil {
		return fmt.Errorf("hand the mail to %s: %w", client.ServerAddr(), err)
	}
	return client.CloseWithSMTPClient(session)
}

func (s *smtpSender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.cfg.SMTPSecurity == SecurityTLS {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// smtpMessage puts a mail into the form of the net.
func smtpMessage(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetGenHeader(mail.HeaderMessageID, m.messageID())
	for name, value := range m.headers() {
		msg.SetGenHeader(mail.Header(name), value)
	}
	msg.SetUserAgent("Faultline")
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}

// refused reports whether the server said that it will never take this mail: that the receiver
// does not exist, or that the content is not welcome. What is wrong with the sender or the
// sign-in can be mended, so it is tried again.
func refused(err error) bool {
	var e *mail.SendError
	if !errors.As(err, &e) || e.ErrorCode() < 500 {
		return false
	}
	return e.Reason == mail.ErrSMTPRcptTo || e.Reason == mail.ErrSMTPData || e.Reason == mail.ErrSMTPDataClose
}
