//go:build e2e

package torture

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
	"github.com/faultline-dev/faultline/e2e/instance"
	"github.com/faultline-dev/faultline/internal/embedded"
)

// world is a product, all that it needs, and all that can be done to it.
type world struct {
	t        testing.TB
	dir      string
	http     string
	grpc     string
	profiles string // where the server's profiles are
	server   *process
	inbox    *mailtest.SMTP
	links    []*link // between clients and the server
	crowd    int     // clients beyond those of a round, whose connections stay open
	faults   map[string]func() (heal func())

	// Of the shape parted.
	engine   *embedded.Engine
	liar     *liar
	nats     *process
	natsLink *link
	postgres *postgres
	metaLink *link

	disk *disk // of the shape small
}

// newWorld starts a product of a shape; env is added to the server's.
func newWorld(t testing.TB, s shape, env ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), http: instance.FreePort(t), grpc: instance.FreePort(t), profiles: instance.FreePort(t), inbox: mailtest.StartSMTP(t, mailtest.Options{NoTLS: true})}
	args := []string{"serve", "--data", filepath.Join(w.dir, "data"), "--http", w.http, "--grpc", w.grpc, "--profiles", w.profiles}
	switch s {
	case parted:
		args = append(args, w.startParts()...)
	case served:
		args = append(args, "--clickhouse-dsn", w.startClickHouse())
	case small:
		w.disk = mountDisk(t, filepath.Join(w.dir, "data"), 256<<20)
	}
	env = slices.Concat(os.Environ(), instance.Provisions(), []string{
		"FAULTLINE_EMAIL_SMTP_HOST=" + w.inbox.Host, "FAULTLINE_EMAIL_SMTP_PORT=" + strconv.Itoa(w.inbox.Port), "FAULTLINE_EMAIL_SMTP_SECURITY=none",
		"FAULTLINE_EMAIL_FROM=Faultline <alerts@example.com>",
		// Repairs that wait for minutes in an ordinary life come within seconds.
		"FAULTLINE_DELIVER_FIRST_WAIT=300ms", "FAULTLINE_DELIVER_MAX_WAIT=2s", "FAULTLINE_DELIVER_TIMEOUT=3s", "FAULTLINE_DELIVER_LEASE=4s",
		"FAULTLINE_TRIAGE_SWEEP_EVERY=2s", "FAULTLINE_TRIAGE_SWEEP_GRACE=4s", "FAULTLINE_INGEST_INSERT_PATIENCE=3s", "FAULTLINE_BUS_ACK_WAIT=2s",
	}, env)
	w.server = w.process("server", func() *exec.Cmd {
		cmd := exec.Command(instance.Binary(t), args...)
		cmd.Env = env
		return cmd
	})
	if err := w.server.start(); err != nil {
		t.Fatal(err)
	}
	w.await(time.Minute)
	for _, address := range []string{w.http, w.grpc} {
		w.links = append(w.links, startLink(t, address))
	}
	w.faults = w.allFaults()
	return w
}

// process prepares a program that ends with the test and shows its log if that failed.
func (w *world) process(name string, command func() *exec.Cmd) *process {
	p := &process{name: name, command: command, log: filepath.Join(w.dir, name+".log")}
	w.t.Cleanup(func() {
		p.kill()
		if w.t.Failed() {
			w.t.Logf("the end of %s:\n%s", p.log, tail(p.log, 12_000))
		}
	})
	return p
}

func tail(path string, n int) string {
	text, _ := os.ReadFile(path)
	return string(text[max(0, len(text)-n):])
}

// startClickHouse starts an engine behind a liar, and returns where it is found.
func (w *world) startClickHouse() (dsn string) {
	cfg := embedded.DefaultConfig()
	cfg.Data, cfg.Command, cfg.Logger = filepath.Join(w.dir, "clickhouse"), []string{instance.Binary(w.t), "clickhouse"}, quiet
	var err error
	if w.engine, err = embedded.Start(w.t.Context(), cfg); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.engine.Stop(context.Background()) })
	w.liar = startLiar(w.t, w.engine.Address())
	return (&url.URL{Scheme: "http", User: url.UserPassword("faultline", w.engine.Secret()), Host: w.liar.address, Path: "/faultline"}).String()
}

// startParts starts ClickHouse, NATS and PostgreSQL, and returns the server's flags.
func (w *world) startParts() []string {
	dsn := w.startClickHouse()
	address := instance.FreePort(w.t)
	w.nats = w.process("nats", func() *exec.Cmd { return natsCommand(address, filepath.Join(w.dir, "nats")) })
	if err := w.nats.start(); err != nil {
		w.t.Fatal(err)
	}
	w.natsLink = startLink(w.t, address)
	awaitPort(w.t, address)

	w.postgres = startPostgres(w)
	w.metaLink = startLink(w.t, w.postgres.address)
	return []string{"--clickhouse-dsn", dsn, "--nats-url", "nats://" + w.natsLink.address, "--meta-dsn", "postgres://faultline@" + w.metaLink.address + "/postgres?sslmode=disable"}
}

// await waits until the server is ready.
func (w *world) await(limit time.Duration) {
	w.t.Helper()
	eventually(w.t, limit, "the server is ready", func() error {
		answer, err := http.Get("http://" + w.http + "/readyz")
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz says %s", answer.Status)
		}
		return nil
	})
}

// enginePID is the engine's process, wherever it is.
func (w *world) enginePID() int {
	if w.engine != nil {
		return w.engine.PID()
	}
	return instance.Engine(w.server.pid())
}

// freeze stops a process and returns what lets it go on.
func (w *world) freeze(pid int) (thaw func()) {
	if pid == 0 || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return func() {}
	}
	return func() { syscall.Kill(pid, syscall.SIGCONT) }
}

// allFaults are the things that can be done, by name. Each returns what ends it.
func (w *world) allFaults() map[string]func() func() {
	restart := func(p *process) func() func() {
		return func() func() {
			p.kill()
			return func() { w.check(p.start()) }
		}
	}
	stop := func(pid func() int) func() func() {
		return func() func() { return w.freeze(pid()) }
	}
	once := func(do func()) func() func() {
		return func() func() { do(); return func() {} }
	}
	killEngine := func() {
		if pid := w.enginePID(); pid != 0 {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	eachLink := func(do, undo func(*link)) func() func() {
		return func() func() {
			for _, l := range w.links {
				do(l)
			}
			return func() {
				for _, l := range w.links {
					undo(l)
				}
			}
		}
	}
	nothing := func(*link) {}
	all := map[string]func() func(){
		"kill server": restart(w.server),
		"kill engine": once(killEngine),
		"kill both": func() func() {
			killEngine()
			return restart(w.server)()
		},
		"terminate server": func() func() {
			if took, err := w.server.end(syscall.SIGTERM, 20*time.Second); err != nil {
				w.t.Errorf("asked to stop, after %v: %v", took, err)
			}
			return func() { w.check(w.server.start()) }
		},
		"stop server": stop(w.server.pid),
		"stop engine": stop(w.enginePID),
		"cut":         eachLink((*link).cut, nothing),
		"slow":        eachLink(func(l *link) { l.delay.Store(int64(50 * time.Millisecond)) }, (*link).heal),
		"block":       eachLink(func(l *link) { l.blocked.Store(true) }, (*link).heal),
		"refuse":      eachLink(func(l *link) { l.refused.Store(true); l.cut() }, (*link).heal),
	}
	if w.liar != nil {
		lie := func(mode int32) func() func() {
			return func() func() { w.liar.set(mode); return func() { w.liar.set(honest) } }
		}
		all["clickhouse refuses"], all["clickhouse drops answers"] = lie(refuse), lie(drop)
		all["clickhouse hangs"], all["clickhouse is gone"] = lie(hang), lie(gateway)
	}
	if w.nats != nil {
		all["kill nats"], all["stop nats"] = restart(w.nats), stop(w.nats.pid)
		all["kill postgres"], all["stop postgres"] = restart(w.postgres.process), stop(w.postgres.pid)
		all["cut nats"], all["cut postgres"] = once(w.natsLink.cut), once(w.metaLink.cut)
		all["kill server and stop engine"] = func() func() {
			thaw := w.freeze(w.enginePID())
			heal := restart(w.server)()
			return func() { heal(); thaw() }
		}
	}
	if w.disk != nil {
		all["fill disk"] = func() func() {
			w.disk.fill()
			return func() {
				w.disk.free()
				// What wrote to a full disk may be left in a state that only a start repairs.
				w.server.kill()
				w.check(w.server.start())
			}
		}
	}
	return all
}

func (w *world) check(err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// run does what a plan says, and returns when everything is healed.
func (w *world) run(ctx context.Context, p plan) {
	began := time.Now()
	var heals sync.WaitGroup
	var one sync.Mutex // faults of processes come one after the other
	for _, f := range p.faults {
		if !sleep(ctx, f.at-time.Since(began)) {
			break
		}
		do := w.faults[f.what]
		if do == nil {
			w.t.Errorf("nobody knows how to %q", f.what)
			continue
		}
		heals.Go(func() {
			if strings.Contains(f.what, "server") || strings.Contains(f.what, "nats") || strings.Contains(f.what, "postgres") || strings.Contains(f.what, "both") || strings.Contains(f.what, "disk") {
				one.Lock()
				defer one.Unlock()
			}
			heal := do()
			sleep(ctx, f.length)
			heal()
		})
	}
	heals.Wait()
	sleep(ctx, p.length-time.Since(began))
}

// eventually waits until something holds, and ends the test if it does not.
func eventually(t testing.TB, limit time.Duration, what string, holds func() error) {
	t.Helper()
	if !soon(t, limit, what, holds) {
		t.FailNow()
	}
}

// soon waits until something holds, and lets the test fail if it does not.
func soon(t testing.TB, limit time.Duration, what string, holds func() error) bool {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for {
		err := holds()
		if err == nil {
			return true
		}
		select {
		case <-deadline:
			t.Errorf("%s: not within %v: %v", what, limit, err)
			return false
		case <-tick.C:
		}
	}
}
