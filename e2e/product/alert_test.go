//go:build e2e

package product

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
	"github.com/faultline-dev/faultline/e2e/instance"
)

// mailEnv sends a server's mails to a test's SMTP server.
func mailEnv(m *mailtest.SMTP) []string {
	return []string{
		"FAULTLINE_EMAIL_SMTP_HOST=" + m.Host, "FAULTLINE_EMAIL_SMTP_PORT=" + strconv.Itoa(m.Port), "FAULTLINE_EMAIL_SMTP_SECURITY=none",
		"FAULTLINE_EMAIL_FROM=Faultline <alerts@example.com>", "FAULTLINE_DELIVER_FIRST_WAIT=200ms", "FAULTLINE_DELIVER_SWEEP_EVERY=300ms",
	}
}

func TestACriticalErrorBecomesOneMail(t *testing.T) {
	inbox := mailtest.StartSMTP(t, mailtest.Options{NoTLS: true})
	s := instance.New(t, mailEnv(inbox)...)
	s.Start()
	start := time.Now()
	if _, errs, code := instance.Command(t, "", "send", "--dsn", s.DSN(), "--message", "disk <b>full</b> on node 7", "--level", "fatal", "--count", "5"); code != 0 {
		t.Fatal(errs)
	}
	instance.Eventually(t, 15*time.Second, "a mail arrives", func() bool { return len(inbox.Mails()) > 0 })
	t.Logf("from the error to the mail handed over: %v", time.Since(start).Round(time.Millisecond))
	issue := s.Get(fmt.Sprintf("/api/v1/projects/%d/issues", instance.ProjectID))["issues"].([]any)[0].(map[string]any)
	m := inbox.Mails()[0]
	if !strings.Contains(m.Subject(), issue["shortId"].(string)) || m.To != instance.Email {
		t.Errorf("subject %q to %q", m.Subject(), m.To)
	}
	for name, body := range map[string]string{"text": m.Text, "HTML": m.HTML} {
		if !strings.Contains(body, "/issues/"+issue["id"].(string)) {
			t.Errorf("the %s body does not link to the issue:\n%s", name, body)
		}
	}
	if strings.Contains(m.HTML, "<b>full</b>") {
		t.Error("markup of an event is rendered")
	}
	// The same again within the throttle: no second mail, and the log says why.
	if _, errs, code := instance.Command(t, "", "send", "--dsn", s.DSN(), "--message", "disk <b>full</b> on node 8", "--level", "fatal"); code != 0 {
		t.Fatal(errs)
	}
	deliveries := func(status string) []any {
		return s.Get(fmt.Sprintf("/api/v1/projects/%d/deliveries?status=%s", instance.ProjectID, status))["deliveries"].([]any)
	}
	instance.Eventually(t, 15*time.Second, "the delivery is logged as sent", func() bool { return len(deliveries("sent")) == 1 })
	if n := len(inbox.Mails()); n != 1 {
		t.Errorf("%d mails for one cause", n)
	}
	if latency, _ := deliveries("sent")[0].(map[string]any)["latency"].(string); latency == "" {
		t.Error("the log does not say how long it took")
	}
}

func TestAMailSurvivesTheRestartOfEverything(t *testing.T) {
	inbox := mailtest.StartSMTP(t, mailtest.Options{NoTLS: true})
	inbox.FailWith(func(int) error {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "the mailbox is away"}
	})
	s := instance.New(t, mailEnv(inbox)...)
	s.Start()
	if _, errs, code := instance.Command(t, "", "send", "--dsn", s.DSN(), "--message", "out of memory", "--level", "fatal"); code != 0 {
		t.Fatal(errs)
	}
	instance.Eventually(t, 15*time.Second, "the first attempt fails", func() bool {
		return len(s.Get(fmt.Sprintf("/api/v1/projects/%d/deliveries?status=failed", instance.ProjectID))["deliveries"].([]any)) == 1
	})
	s.Kill()
	inbox.FailWith(nil)
	s.Start()
	instance.Eventually(t, 60*time.Second, "the mail arrives after the restart", func() bool { return len(inbox.Mails()) == 1 })
	instance.Eventually(t, 15*time.Second, "the delivery is logged as sent", func() bool {
		return len(s.Get(fmt.Sprintf("/api/v1/projects/%d/deliveries?status=sent", instance.ProjectID))["deliveries"].([]any)) == 1
	})
	if n := len(inbox.Mails()); n != 1 {
		t.Errorf("%d mails for one cause", n)
	}
}
