package deliver

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	deliveries *prometheus.CounterVec
	latency    *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_alert_deliveries_total",
			Help: "Attempts to send a notification, by channel, what became of them, and why.",
		}, []string{"channel", "status", "reason"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "faultline_alert_latency_seconds",
			Help:    "From the arrival of an event to its notification being handed over.",
			Buckets: []float64{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"channel"}),
	}
	if r != nil {
		r.MustRegister(m.deliveries, m.latency)
	}
	return m
}
