package sentry

import "github.com/prometheus/client_golang/prometheus"

// metrics count what clients send.
type metrics struct {
	requests *prometheus.CounterVec
	items    *prometheus.CounterVec
	drops    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_sentry_requests_total", Help: "Requests of Sentry clients, by endpoint and status code.",
		}, []string{"endpoint", "code"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_sentry_items_total", Help: "Items of envelopes by type, with those that are only counted; broken ones could not be read.",
		}, []string{"type"}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_sentry_client_drops_total", Help: "What clients say they dropped, by category of data.",
		}, []string{"category"}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.items, m.drops)
	}
	return m
}

// item counts an item; types that are not known count as one.
func (m *metrics) item(kind string, n int) {
	if itemCategory(kind) == "" && kind != brokenItem {
		kind = "unknown"
	}
	m.items.WithLabelValues(kind).Add(float64(n))
}

// brokenItem is the type under which items count that could not be read.
const brokenItem = "broken"
