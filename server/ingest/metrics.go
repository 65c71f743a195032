package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/outcome"
)

// Metrics count what happens in the pipeline.
type Metrics struct {
	events      *prometheus.CounterVec
	room        prometheus.Gauge
	rows        prometheus.Histogram
	insert      prometheus.Histogram
	acknowledge prometheus.Histogram
	spilled     prometheus.Counter
	drained     prometheus.Counter
	away        prometheus.Gauge
	parts       prometheus.Gauge
	spillBlocks prometheus.Gauge
	spillBytes  prometheus.Gauge
	failures    *prometheus.CounterVec
	turnedAway  prometheus.Counter
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	seconds := []float64{.005, .01, .025, .05, .1, .2, .3, .5, .75, 1, 1.5, 2.5, 5, 10}
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_ingest_events_total", Help: "Events that arrived, by what became of them.",
		}, []string{"protocol", "outcome", "reason"}),
		room: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "faultline_ingest_queue_bytes", Help: "Memory that events under way take.",
		}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "faultline_ingest_block_rows", Help: "Events of one block.",
			Buckets: []float64{1, 10, 100, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000},
		}),
		insert: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "faultline_ingest_insert_seconds", Help: "Time to insert one block.", Buckets: seconds,
		}),
		acknowledge: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "faultline_ingest_receive_seconds", Help: "Time from a batch's arrival to its outcomes.", Buckets: seconds,
		}),
		spilled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_ingest_spilled_events_total", Help: "Events put on disk because the store was away.",
		}),
		drained: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_ingest_drained_events_total", Help: "Events brought from disk into the store.",
		}),
		away: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "faultline_ingest_store_away", Help: "1 while blocks go to disk because the store is away.",
		}),
		parts: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "faultline_ingest_store_parts", Help: "Parts in which the store keeps the events of a week at most, as seen last. Beyond ingest-crowd-parts it is spared.",
		}),
		spillBlocks: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "faultline_ingest_spill_messages", Help: "Messages with blocks that wait on disk for the store, as seen last.",
		}),
		spillBytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "faultline_ingest_spill_bytes", Help: "Bytes of blocks that wait on disk for the store, as seen last.",
		}),
		turnedAway: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "faultline_ingest_turned_away_total", Help: "Requests refused unread, because too much of their project waited for room (ingest-room-bytes).",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_ingest_failures_total", Help: "Operations that failed, by which.",
		}, []string{"operation"}),
	}
	r.MustRegister(m.events, m.room, m.rows, m.insert, m.acknowledge, m.spilled, m.drained, m.away, m.parts, m.spillBlocks, m.spillBytes, m.turnedAway, m.failures)
	return m
}

// count adds events with one outcome.
func (m *Metrics) count(protocol string, k outcome.Kind, r outcome.Reason, n uint64) {
	m.events.WithLabelValues(protocol, k.String(), string(r)).Add(float64(n))
}
