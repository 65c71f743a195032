package main

import (
	"github.com/faultline-dev/faultline/alerting"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/s3"
	"github.com/faultline-dev/faultline/internal/telemetry"
	"github.com/faultline-dev/faultline/server/attach"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/guard"
	"github.com/faultline-dev/faultline/server/ingest"
	"github.com/faultline-dev/faultline/server/pulse"
	"github.com/faultline-dev/faultline/server/receive/native"
	"github.com/faultline-dev/faultline/server/receive/otlp"
	"github.com/faultline-dev/faultline/server/receive/sentry"
	"github.com/faultline-dev/faultline/server/regroup"
	"github.com/faultline-dev/faultline/server/repair"
	"github.com/faultline-dev/faultline/server/triage"
	"github.com/faultline-dev/faultline/server/upload"
)

// configs is the configuration of every package that has one.
type configs struct {
	log        telemetry.Config
	ingest     ingest.Config
	native     native.Config
	sentry     sentry.Config
	guard      guard.Config
	otlp       otlp.Config
	auth       auth.Config
	triage     triage.Config
	uploads    upload.Config
	repairs    repair.Config
	objects    s3.Config
	regroup    regroup.Config
	files      attach.Config
	pulse      pulse.Config
	alerts     alerting.Config
	clickhouse clickhouse.Config
	engine     embedded.Config
	nats       embedded.NATSConfig
	bus        bus.Config
}

// newSections lists every setting beyond the fixed flags, with its default.
func newSections() *sections {
	s := &sections{configs: configs{
		log: telemetry.DefaultConfig(), ingest: ingest.DefaultConfig(), native: native.DefaultConfig(), sentry: sentry.DefaultConfig(), guard: guard.DefaultConfig(), otlp: otlp.DefaultConfig(), auth: auth.DefaultConfig(),
		triage: triage.DefaultConfig(), uploads: upload.DefaultConfig(), regroup: regroup.DefaultConfig(), files: attach.DefaultConfig(), pulse: pulse.DefaultConfig(), alerts: alerting.DefaultConfig(), clickhouse: clickhouse.DefaultConfig(),
		repairs: repair.DefaultConfig(), objects: s3.DefaultConfig(), engine: embedded.DefaultConfig(), nats: embedded.DefaultNATSConfig(), bus: bus.DefaultConfig(),
	}}
	c := &s.configs
	s.list = []*section{
		{prefix: "log", title: "Logging", dir: "internal/telemetry", config: &c.log},
		{prefix: "ingest", title: "Ingest", dir: "server/ingest", config: &c.ingest},
		{prefix: "limit", title: "Limits of one event", dir: "server/normalize", config: &c.ingest.Limits},
		{prefix: "native", title: "Native protocol", dir: "server/receive/native", config: &c.native},
		{prefix: "native-limit", title: "Limits of the native protocol", dir: "internal/wire", config: &c.native.Limits},
		{prefix: "sentry", title: "Sentry protocol", dir: "server/receive/sentry", config: &c.sentry},
		{prefix: "otlp", title: "OpenTelemetry", dir: "server/receive/otlp", config: &c.otlp},
		{prefix: "guard", title: "Connections", dir: "server/guard", config: &c.guard},
		{prefix: "auth", title: "Keys, tokens and sessions", dir: "server/auth", config: &c.auth},
		{prefix: "triage", title: "Triage", dir: "server/triage", config: &c.triage},
		{prefix: "uploads", title: "Uploaded source maps", dir: "server/upload", config: &c.uploads},
		{prefix: "objects", title: "Uploads in object storage", dir: "internal/store/s3", config: &c.objects},
		{prefix: "repair", title: "Events of before an upload", dir: "server/repair", config: &c.repairs},
		{prefix: "attachments", title: "Attachments of events", dir: "server/attach", config: &c.files},
		{prefix: "sessions", title: "Sessions and check-ins", dir: "server/pulse", config: &c.pulse},
		{prefix: "regroup", title: "Grouping laboratory", dir: "server/regroup", config: &c.regroup},
		{prefix: "alerts", title: "Alerts: deciding", dir: "alerting/watch", config: &c.alerts.Watch},
		{prefix: "deliver", title: "Alerts: sending", dir: "alerting/deliver", config: &c.alerts.Deliver},
		{prefix: "email", title: "E-mail", dir: "alerting/notify/email", config: &c.alerts.Email},
		{prefix: "clickhouse", title: "ClickHouse", dir: "internal/store/clickhouse", config: &c.clickhouse, skip: []string{"DSN", "Address", "Secret"}},
		{prefix: "engine", title: "Embedded ClickHouse engine", dir: "internal/embedded", config: &c.engine, skip: []string{"Data", "Command"}},
		{prefix: "nats", title: "Embedded NATS server", dir: "internal/embedded", config: &c.nats, skip: []string{"Data"}},
		{prefix: "bus", title: "Bus", dir: "internal/bus", config: &c.bus},
	}
	return s
}
