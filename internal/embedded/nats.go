package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// NATS is a NATS server with JetStream inside this process.
type NATS struct {
	server *server.Server
	token  string // needed to connect when the server listens
	unlock func() error
}

// StartNATS starts the server and returns once it takes connections and its streams are
// recovered.
func StartNATS(cfg NATSConfig) (*NATS, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return nil, fmt.Errorf("locate the NATS data folder: %w", err)
	}
	n := &NATS{}
	options, err := cfg.options(dir)
	if err != nil {
		return nil, err
	}
	if !options.DontListen {
		n.token = rand.Text()
		options.Authorization = n.token
	}
	if n.unlock, err = LockData(dir, cfg.Listen); err != nil {
		return nil, err
	}
	if err := n.start(options, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("start the embedded NATS server on %s: %w", cfg.Data, err), n.Stop())
	}
	return n, nil
}

// start runs the server and waits until it can be used.
func (n *NATS) start(options *server.Options, cfg NATSConfig) error {
	var err error
	if n.server, err = server.NewServer(options); err != nil {
		return err
	}
	log := cfg.Logger
	if log == nil {
		log = slog.Default()
	}
	lines := &natsLog{log: log.With("component", "nats")}
	n.server.SetLoggerV2(lines, false, false, false)
	n.server.Start()
	if !n.server.ReadyForConnections(cfg.StartTimeout) {
		return fmt.Errorf("not ready within %v%s", cfg.StartTimeout, lines.fatal())
	}
	if !n.server.JetStreamEnabled() {
		return fmt.Errorf("JetStream is off%s", lines.fatal())
	}
	return nil
}

// options writes the configuration in the server's terms.
func (c NATSConfig) options(dir string) (*server.Options, error) {
	o := &server.Options{
		ServerName: "faultline", StoreDir: dir, JetStream: true,
		JetStreamMaxStore: c.MaxStore, JetStreamMaxMemory: c.MaxMemory,
		SyncInterval: c.SyncInterval, SyncAlways: c.SyncAlways,
		MaxPayload: int32(c.MaxPayload),
		// What one slow subscriber may have waiting before it is cut off.
		MaxPending: 64 << 20,
		DontListen: true, NoSigs: true, DisableJetStreamBanner: true,
	}
	if c.Listen == "" {
		return o, nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: listen address %s: %w", c.Listen, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("embedded NATS: listen address %s: only loopback addresses are allowed; other machines need a NATS cluster, see --nats-url", c.Listen)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: listen address %s: %w", c.Listen, err)
	}
	o.DontListen, o.Host, o.Port = false, host, int(number)
	if number == 0 {
		o.Port = server.RANDOM_PORT
	}
	return o, nil
}

// Connect opens a connection inside this process. It lasts as long as the server.
func (n *NATS) Connect(options ...nats.Option) (*nats.Conn, error) {
	own := []nats.Option{nats.InProcessServer(n.server), nats.Name("faultline"), nats.MaxReconnects(-1)}
	if n.token != "" {
		own = append(own, nats.Token(n.token))
	}
	conn, err := nats.Connect(nats.DefaultURL, append(own, options...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded NATS server: %w", err)
	}
	return conn, nil
}

// URL is where other processes connect, with the secret in it; empty if the server does
// not listen. It must not be logged.
func (n *NATS) URL() string {
	if n.token == "" {
		return ""
	}
	u, err := url.Parse(n.server.ClientURL())
	if err != nil {
		return ""
	}
	u.User = url.User(n.token)
	return u.String()
}

// Healthy tells whether the server runs with its store.
func (n *NATS) Healthy() bool { return n.server.Running() && n.server.JetStreamEnabled() }

// Stop ends the server after writing what it holds to disk. Connections should be closed
// before. Further calls do nothing.
func (n *NATS) Stop() error {
	if n.server != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
	}
	if err := n.unlock(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("unlock the NATS data folder: %w", err)
	}
	return nil
}
