package triage

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	observed *prometheus.CounterVec
	failures *prometheus.CounterVec
	swept    prometheus.Counter
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		observed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_triage_observations_total",
			Help: "Events that triage took in, by what became of their issue: created, regressed, or why it stayed as it was.",
		}, []string{"result"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_triage_failures_total",
			Help: "Attempts of a background loop of triage that failed and are repeated.",
		}, []string{"loop"}),
		swept: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_triage_swept_total",
			Help: "Issues found in ClickHouse that no message told of.",
		}),
	}
	if r != nil {
		r.MustRegister(m.observed, m.failures, m.swept)
	}
	return m
}
