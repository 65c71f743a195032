//go:build e2e

package torture

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"github.com/faultline-dev/faultline/e2e/instance"
)

var quiet = slog.New(slog.DiscardHandler)

// natsVariable makes this test's binary a NATS server.
const natsVariable = "TORTURE_NATS"

func TestMain(m *testing.M) {
	if address, dir, ok := strings.Cut(os.Getenv(natsVariable), " "); ok {
		if err := serveNATS(address, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func natsCommand(address, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), natsVariable+"="+address+" "+dir)
	return cmd
}

// serveNATS runs a NATS server with JetStream until a signal.
func serveNATS(address, dir string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	s, err := natsserver.NewServer(&natsserver.Options{
		ServerName: "torture", Host: host, Port: number, JetStream: true, StoreDir: dir, NoSigs: true,
		JetStreamMaxStore: 4 << 30, JetStreamMaxMemory: 256 << 20, MaxPayload: 8 << 20,
	})
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

func awaitPort(t testing.TB, address string) {
	t.Helper()
	eventually(t, 30*time.Second, address+" is open", func() error {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err
	})
}

// postgres is a PostgreSQL server that waits for the disk and so survives being killed.
type postgres struct {
	*process
	address string
}

func startPostgres(w *world) *postgres {
	w.t.Helper()
	bin := postgresPrograms(w.t)
	dir, err := os.MkdirTemp("", "torture-pg")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(dir) })
	var as *syscall.Credential
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		as = credential(w.t, "postgres")
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			w.t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "faultline", "--auth", "trust", "--encoding", "UTF8", "--locale", "C")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		w.t.Fatalf("initdb: %v\n%s", err, out)
	}
	address := instance.FreePort(w.t)
	_, port, _ := net.SplitHostPort(address)
	p := &postgres{address: address}
	p.process = w.process("postgres", func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", port, "-c", "max_connections=100", "-c", "shared_buffers=32MB")
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
		return cmd
	})
	if err := p.start(); err != nil {
		w.t.Fatal(err)
	}
	awaitPort(w.t, address)
	return p
}

func postgresPrograms(t testing.TB) string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("no PostgreSQL server: this test needs Debian's package postgresql (e2e/install-packages.sh)")
	}
	return filepath.Dir(found[len(found)-1])
}

func credential(t testing.TB, name string) *syscall.Credential {
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// disk is a small file system of its own.
type disk struct {
	t       testing.TB
	dir     string
	ballast string
}

// canMount tells why no file system can be mounted, nil if one can.
func canMount(t testing.TB) error {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	return syscall.Unmount(dir, 0)
}

func mountDisk(t testing.TB, dir string, size int) *disk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal(err)
	}
	d := &disk{t: t, dir: dir, ballast: filepath.Join(dir, "ballast")}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fill leaves no byte free.
func (d *disk) fill() {
	f, err := os.OpenFile(d.ballast, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return // no room even for a name
	}
	defer f.Close()
	for piece := make([]byte, 1<<20); len(piece) > 0; {
		if _, err := f.Write(piece); err != nil {
			piece = piece[:len(piece)/2]
		}
	}
}

// free makes room again.
func (d *disk) free() {
	if err := os.Remove(d.ballast); err != nil && !os.IsNotExist(err) {
		d.t.Error(err)
	}
}
