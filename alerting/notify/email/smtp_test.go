package email

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

// channel makes a channel that sends to a test server.
func channel(t *testing.T, server *mailtest.SMTP, change func(*Config)) *Channel {
	t.Helper()
	cfg := DefaultConfig()
	cfg.From, cfg.SMTPHost, cfg.SMTPPort, cfg.SMTPCertificates = from, server.Host, server.Port, server.CA
	cfg.Timeout = 10 * time.Second
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg, base)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSMTPTakesAMailThatPeopleCanRead(t *testing.T) {
	t.Parallel()
	f := func(name string, o mailtest.Options, change func(*Config)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.StartSMTP(t, o)
			if err := channel(t, server, change).Send(t.Context(), full()); err != nil {
				t.Fatal(err)
			}
			mails := server.Mails()
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			m, want := mails[0], mustWrite(t, full())
			if m.TLS == o.NoTLS || m.User != o.User {
				t.Errorf("TLS %v, user %q", m.TLS, m.User)
			}
			if m.From != "alerts@faultline.example" || m.To != "oncall@example.com" || m.Subject() != want.Subject {
				t.Errorf("from %s to %s: %s", m.From, m.To, m.Subject())
			}
			lines := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
			if lines(m.Text) != lines(want.Text) || lines(m.HTML) != lines(want.HTML) {
				t.Error("a body came out different")
			}
			for name, value := range map[string]string{
				"Message-ID": want.messageID(), "In-Reply-To": want.threadID(), "References": want.threadID(),
				"Auto-Submitted": "auto-generated", "From": `"Faultline" <alerts@faultline.example>`,
			} {
				if got := m.Header.Get(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
			if _, err := m.Header.Date(); err != nil {
				t.Error(err)
			}
		})
	}
	f("starttls", mailtest.Options{}, nil)
	f("starttls with sign-in", mailtest.Options{User: "u", Password: "p"}, func(c *Config) { c.SMTPUser, c.SMTPPassword = "u", "p" })
	f("tls", mailtest.Options{TLS: true}, func(c *Config) { c.SMTPSecurity = SecurityTLS })
	f("tls with sign-in", mailtest.Options{TLS: true, User: "u", Password: "p"}, func(c *Config) {
		c.SMTPSecurity, c.SMTPUser, c.SMTPPassword = SecurityTLS, "u", "p"
	})
	f("none", mailtest.Options{NoTLS: true}, func(c *Config) { c.SMTPSecurity = SecurityNone })
	f("hangs up after the mail", mailtest.Options{HangUpEnd: true}, nil)
}

func TestSMTPFailuresAreNamed(t *testing.T) {
	t.Parallel()
	f := func(name string, o mailtest.Options, to string, change func(*Config), permanent bool, want string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.StartSMTP(t, o)
			a := full()
			a.Recipient = to
			err := channel(t, server, change).Send(t.Context(), a)
			var failure *notify.Failure
			if !errors.As(err, &failure) || failure.Permanent != permanent || failure.Reason != "smtp_error" || !strings.Contains(err.Error(), want) {
				t.Fatalf("got %#v: %v", failure, err)
			}
			if strings.Contains(err.Error(), "secret-password") {
				t.Fatalf("the password is in %v", err)
			}
			if n := len(server.Mails()); n != 0 {
				t.Fatalf("%d mails", n)
			}
		})
	}
	busy := func(int) error {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	}
	spam := func(int) error {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not welcome"}
	}
	const oncall = "oncall@example.com"
	f("busy", mailtest.Options{Fail: busy}, oncall, nil, false, "try again later")
	f("refused content", mailtest.Options{Fail: spam}, oncall, nil, true, "not welcome")
	f("no such receiver", mailtest.Options{}, "nobody@example.com", nil, true, "no such mailbox")
	f("receiver that is no address", mailtest.Options{}, "a\r\nRCPT TO:<b@example.com>", nil, true, "receiver")
	f("wrong password", mailtest.Options{User: "u", Password: "p"}, oncall, func(c *Config) { c.SMTPUser, c.SMTPPassword = "u", "secret-password" }, false, "535")
	f("no sign-in", mailtest.Options{User: "u", Password: "p"}, oncall, nil, false, "authenticate")
	f("no STARTTLS", mailtest.Options{NoTLS: true}, oncall, nil, false, "STARTTLS")
	f("password in the clear", mailtest.Options{NoTLS: true, User: "u", Password: "p"}, oncall, func(c *Config) {
		c.SMTPSecurity, c.SMTPUser, c.SMTPPassword = SecurityNone, "u", "p"
	}, false, "autodiscover")
	f("unknown authority", mailtest.Options{}, oncall, func(c *Config) { c.SMTPCertificates = "" }, false, "certificate")
	f("nobody listens", mailtest.Options{}, oncall, func(c *Config) { c.SMTPPort = 1 }, false, "connect")
}

func TestSMTPGivesUpOnASilentServer(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	server := mailtest.StartSMTP(t, mailtest.Options{Fail: func(int) error { <-hold; return nil }})
	t.Cleanup(func() { close(hold) })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := channel(t, server, nil).Send(ctx, full()); err == nil {
		t.Fatal("sent to a server that never answered")
	}
}
