package email

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"time"
)

// Config says who sends mail and through which service: Resend, an SMTP server, or, with
// neither, none, and then alerts are written down and not sent.
type Config struct {
	// From is the sender of every mail: "Faultline <alerts@example.com>", or a bare address.
	From string
	// ResendKey is the API key of Resend. It selects Resend.
	ResendKey string
	// ResendURL is where Resend's API is reached.
	ResendURL string
	// SMTPHost is the mail server's name. It selects SMTP.
	SMTPHost string
	// SMTPPort is the mail server's port; 0 means 587, or 465 with security tls, or 25 with
	// security none.
	SMTPPort int
	// SMTPSecurity is starttls (required, never optional), tls (from the first byte), or none.
	SMTPSecurity string
	// SMTPUser is the name to sign in with; empty means not to sign in. Over a connection
	// without TLS only methods that do not show the password are used.
	SMTPUser string
	// SMTPPassword is the password to sign in with.
	SMTPPassword string
	// SMTPCertificates is a PEM file with the authorities that may vouch for the mail server;
	// empty means those of the system.
	SMTPCertificates string
	// SMTPHello is the name this machine gives to the mail server; empty means its host name.
	SMTPHello string
	// Timeout bounds sending one mail.
	Timeout time.Duration
}

// The kinds of SMTPSecurity.
const (
	SecuritySTARTTLS = "starttls"
	SecurityTLS      = "tls"
	SecurityNone     = "none"
)

// DefaultConfig sends no mail; setting a Resend key or an SMTP host and a sender is enough.
func DefaultConfig() Config {
	return Config{ResendURL: "https://api.resend.com/", SMTPSecurity: SecuritySTARTTLS, Timeout: 30 * time.Second}
}

// Enabled reports whether a service is selected.
func (c Config) Enabled() bool { return c.ResendKey != "" || c.SMTPHost != "" }

var errNoService = errors.New("email: no service is set; give email-resend-key or email-smtp-host")

// Validate reports the first thing wrong with the configuration, by the name of the setting.
func (c Config) Validate() error {
	if !c.Enabled() {
		return nil
	}
	from, err := mail.ParseAddress(c.From)
	switch {
	case c.ResendKey != "" && c.SMTPHost != "":
		return errors.New("email: both email-resend-key and email-smtp-host are set; mail can go only one way")
	case c.From == "":
		return errors.New("email: email-from is not set; mail needs a sender such as alerts@example.com")
	case err != nil:
		return fmt.Errorf("email: email-from %q is not an address such as Faultline <alerts@example.com>", c.From)
	case domain(from.Address) == "":
		return fmt.Errorf("email: email-from %q has no domain", c.From)
	case c.Timeout <= 0:
		return fmt.Errorf("email: email-timeout %v is not positive", c.Timeout)
	case c.SMTPHost != "":
		return c.validateSMTP()
	}
	u, err := url.Parse(c.ResendURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("email: email-resend-url %q is not a URL such as https://api.resend.com/", c.ResendURL)
	}
	return nil
}

func (c Config) validateSMTP() error {
	switch {
	case c.SMTPPort < 0 || c.SMTPPort > 65535:
		return fmt.Errorf("email: email-smtp-port %d is no port", c.SMTPPort)
	case c.SMTPSecurity != SecuritySTARTTLS && c.SMTPSecurity != SecurityTLS && c.SMTPSecurity != SecurityNone:
		return fmt.Errorf("email: email-smtp-security %q is none of starttls, tls and none", c.SMTPSecurity)
	case c.SMTPUser == "" && c.SMTPPassword != "":
		return errors.New("email: email-smtp-password is set and email-smtp-user is not")
	case c.SMTPUser != "" && c.SMTPPassword == "":
		return errors.New("email: email-smtp-user is set and email-smtp-password is not")
	}
	return nil
}
