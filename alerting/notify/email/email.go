// Package email tells people of alerts by mail: it writes the mail, as HTML and as text, and
// hands it to Resend or to an SMTP server. It decides neither whether to tell somebody nor when
// to try again, and it never sends credentials over a connection that others can read.
package email

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/alerting/notify"
)

// Sender hands one mail to a service that delivers it. A mail whose Send returned nil must have
// been taken over; an error must be a *notify.Failure. Sending a mail with an ID again must not
// deliver it twice where the service allows that.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is one mail, ready to be sent.
type Message struct {
	ID      string // identity of the mail: 32 hexadecimal digits
	Thread  string // mails of one thread are shown together
	From    string // "Faultline <alerts@example.com>"
	To      string // one bare address
	Subject string
	HTML    string
	Text    string
}

// Channel writes mails and sends them.
type Channel struct {
	sender  Sender
	from    string
	baseURL string
}

// New makes the channel that a configuration asks for. baseURL is where people reach the
// dashboard. A configuration without a service is an error; see Config.Enabled.
func New(cfg Config, baseURL string) (*Channel, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var sender Sender
	var err error
	switch {
	case cfg.SMTPHost != "":
		sender, err = newSMTP(cfg)
	case cfg.ResendKey != "":
		sender, err = newResend(cfg)
	default:
		err = errNoService
	}
	if err != nil {
		return nil, err
	}
	return &Channel{sender: sender, from: cfg.From, baseURL: baseURL}, nil
}

// Send writes the mail about an alert and hands it over. Errors are *notify.Failure.
func (c *Channel) Send(ctx context.Context, a notify.Alert) error {
	m, err := Write(a, c.from, c.baseURL)
	if err != nil {
		return &notify.Failure{Reason: "mail_not_written", Permanent: true, Err: fmt.Errorf("write the mail: %w", err)}
	}
	return c.sender.Send(ctx, m)
}
