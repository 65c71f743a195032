package chdb

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// engine is the one ClickHouse engine of this process.
type engine struct {
	lib      *library
	base     []string // what every connection begins with
	master   *conn    // keeps the engine up between statements
	settings map[string]struct{}
	hello    hello
}

// openEngine loads the library and opens the data folder.
func openEngine(cfg ChildConfig) (*engine, error) {
	lib, err := load(cfg.Library)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return nil, fmt.Errorf("locate the data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	file := filepath.Join(dir, "engine.xml")
	if err := os.WriteFile(file, cfg.Limits.xml(dir), 0o600); err != nil {
		return nil, fmt.Errorf("write the engine's configuration: %w", err)
	}
	e := &engine{lib: lib, base: []string{"clickhouse", "--path=" + dir}}

	keep, err := saveSignals()
	if err != nil {
		return nil, fmt.Errorf("open the engine: %w", err)
	}
	defer keep.restore()
	if e.master, err = lib.open(append(e.base, "--config-file="+file)); err != nil {
		return nil, fmt.Errorf("open the engine on %s: %w (its reason is in the lines above; another process may hold the folder)", dir, err)
	}
	if err := e.learn(); err != nil {
		e.close()
		return nil, fmt.Errorf("ask the engine about itself: %w", err)
	}
	return e, nil
}

// learn reads the version and the names of the settings the engine knows.
func (e *engine) learn() error {
	r, err := e.master.query("SELECT version(), timezone()", "TSV", nil)
	if err != nil {
		return err
	}
	version, zone, _ := strings.Cut(strings.TrimSpace(string(r.bytes())), "\t")
	r.close()
	e.hello = hello{name: "faultline", version: version, timezone: zone}

	r, err = e.master.query("SELECT name FROM system.settings", "TSV", nil)
	if err != nil {
		return err
	}
	defer r.close()
	e.settings = make(map[string]struct{})
	for name := range strings.Lines(string(r.bytes())) {
		e.settings[strings.TrimSuffix(name, "\n")] = struct{}{}
	}
	return nil
}

// connect opens a connection for one statement.
func (e *engine) connect(settings []string) (*conn, error) {
	args := make([]string, 0, len(e.base)+len(settings))
	c, err := e.lib.open(append(append(args, e.base...), settings...))
	if err != nil {
		return nil, refuse(codeBadArguments, "%v; one of its settings has a value it does not take: %s", err, strings.Join(settings, " "))
	}
	return c, nil
}

// knows tells whether the engine has a setting of that name.
func (e *engine) knows(setting string) bool {
	_, ok := e.settings[setting]
	return ok
}

// close lets go of the engine. The library has no clean stop once it holds tables; the
// end of the process is what stops it, and its storage is made for that.
func (e *engine) close() { e.master.close() }
