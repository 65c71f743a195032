package repair

import "github.com/prometheus/client_golang/prometheus"

// metrics are what is counted.
type metrics struct {
	seen, changed, done, failures prometheus.Counter
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		seen: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_repair_events_total", Help: "Stored events that were looked at because of an upload that came after them.",
		}),
		changed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_repair_events_changed_total", Help: "Stored events that an upload which came after them explained.",
		}),
		done: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_repair_uploads_total", Help: "Uploads whose past events have been repaired.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_repair_failures_total", Help: "Attempts to repair that failed and are made again.",
		}),
	}
	if r != nil {
		r.MustRegister(m.seen, m.changed, m.done, m.failures)
	}
	return m
}
