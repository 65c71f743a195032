package alerting

import (
	"slices"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
	"github.com/faultline-dev/faultline/internal/event"
)

// BenchmarkAlert measures from the moment an event was received to its mail being in the hands
// of a mail server, one alert after another.
func BenchmarkAlert(b *testing.B) {
	server := mailtest.StartSMTP(b, mailtest.Options{})
	m := newMachine(b)
	m.toSMTP(server)
	m.rules(crash("oncall@example.com"))
	m.run()
	var n int
	var took []time.Duration
	for b.Loop() {
		n++
		e := fatal(0, 0)
		e.EventID, e.Fingerprint = event.NewID(), event.Fingerprint(event.NewID())
		m.number(e, false)
		m.critical(e, "crash")
		m.until("the mail", func() bool { return len(server.Mails()) == n })
		took = append(took, time.Since(e.ReceivedAt))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
}
