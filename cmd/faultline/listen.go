package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/embedded"
)

// listeners are open before anything else starts, so that a used port is the
// first thing that is said.
type listeners struct {
	http     net.Listener
	grpc     net.Listener
	tls      *tls.Config  // of the HTTP listener; nil: none
	profiles net.Listener // nil: none
}

func (l *listeners) close() {
	for _, one := range []net.Listener{l.http, l.grpc, l.profiles} {
		if one != nil {
			one.Close()
		}
	}
}

func (c *serveCommand) listen() (*listeners, error) {
	l := &listeners{}
	var err error
	if l.http, err = listen(c.HTTP, "--http"); err != nil {
		return nil, err
	}
	if l.grpc, err = listen(c.GRPC, "--grpc"); err != nil {
		l.close()
		return nil, err
	}
	if c.Profiles != "" {
		if l.profiles, err = listen(c.Profiles, "--profiles"); err != nil {
			l.close()
			return nil, err
		}
	}
	if c.TLSCert != "" {
		config, err := reloading(c.TLSCert, c.TLSKey)
		if err != nil {
			l.close()
			return nil, err
		}
		config.NextProtos = []string{"h2", "http/1.1"}
		l.tls = config
	}
	return l, nil
}

func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s: another program listens there; stop it, or choose another address with %s", flag, address, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s %s: this user may not listen there; choose a port above 1023 with %s", flag, address, flag)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %v; give HOST:PORT of this machine", flag, address, err)
	}
	return l, nil
}

// certificateCheck is how often the certificate's files are looked at.
const certificateCheck = 10 * time.Second

// reloading makes a TLS configuration that reads the files again when they change.
// A pair that cannot be read leaves the old one in use.
func reloading(certFile, keyFile string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("read --tls-cert and --tls-key: %w", err)
	}
	var mu sync.Mutex
	current, changed, checked := &pair, modified(certFile), time.Now()
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			mu.Lock()
			defer mu.Unlock()
			if time.Since(checked) > certificateCheck {
				checked = time.Now()
				if at := modified(certFile); !at.Equal(changed) {
					if fresh, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
						current, changed = &fresh, at
					}
				}
			}
			return current, nil
		},
	}, nil
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// registerEngine shows how often the engine had to be restarted.
func registerEngine(r *prometheus.Registry, e *embedded.Engine) {
	r.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "faultline_engine_restarts_total", Help: "Times the embedded ClickHouse engine died and was started again.",
		}, func() float64 { return float64(e.Restarts()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "faultline_engine_up", Help: "1 while the embedded ClickHouse engine takes statements.",
		}, func() float64 {
			if e.Healthy() {
				return 1
			}
			return 0
		}),
	)
}
