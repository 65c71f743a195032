package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// Project is one project of a server that several tests share.
type Project struct {
	// Server that has it.
	Server *instance.Server
	// ID is part of the DSN.
	ID int
	// Key is the DSN's public key.
	Key string

	t testing.TB
}

// NewProject makes a project that is called like the test.
func NewProject(t testing.TB, s *instance.Server) Project {
	t.Helper()
	p := Project{Server: s, t: t}
	var made struct{ ID int }
	p.call("POST", "/api/v1/projects", map[string]string{"name": t.Name()}, &made)
	p.ID = made.ID
	var list struct{ Keys []struct{ ID, Kind string } }
	p.call("GET", p.path("/keys"), nil, &list)
	for _, k := range list.Keys {
		if k.Kind == "dsn" {
			p.Key = k.ID
		}
	}
	if p.ID == 0 || p.Key == "" {
		t.Fatalf("project %d with the keys %v", p.ID, list.Keys)
	}
	return p
}

// DSN is where SDKs send.
func (p Project) DSN() string { return fmt.Sprintf("http://%s@%s/%d", p.Key, p.Server.HTTP, p.ID) }

func (p Project) path(rest string) string { return fmt.Sprintf("/api/v1/projects/%d%s", p.ID, rest) }

// Issues are those that a query finds, the last seen first.
func (p Project) Issues(query string) []Issue {
	p.t.Helper()
	var answer struct{ Issues []Issue }
	p.call("GET", p.path("/issues?query="+url.QueryEscape(query)), nil, &answer)
	return answer.Issues
}

// Event is a stored event. An SDK that was answered finds it.
func (p Project) Event(id string) Event {
	p.t.Helper()
	var e Event
	p.call("GET", p.path("/events/"+id), nil, &e)
	return e
}

// Events are whole events that a query finds, the latest first.
func (p Project) Events(query string) []Event {
	p.t.Helper()
	var answer struct{ Events []struct{ EventID string } }
	p.call("GET", p.path("/events?query="+url.QueryEscape(query)), nil, &answer)
	var out []Event
	for _, e := range answer.Events {
		out = append(out, p.Event(e.EventID))
	}
	return out
}

// Only is the only event that a query finds.
func (p Project) Only(query string) Event {
	p.t.Helper()
	list := p.Events(query)
	if len(list) != 1 {
		p.t.Fatalf("%q finds %d events", query, len(list))
	}
	return list[0]
}

// Run runs a program of somebody else to its end and decodes what it printed.
func (p Project) Run(said any, env []string, command ...string) {
	p.t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(append(os.Environ(), "SENTRY_DSN="+p.DSN()), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("%v: %v\n%s%s", command, err, out.String(), errs.String())
	}
	if said == nil {
		return
	}
	if err := json.Unmarshal(out.Bytes(), said); err != nil {
		p.t.Fatalf("%v printed %q: %v\n%s", command, out.String(), err, errs.String())
	}
}

// call calls REST as the owner.
func (p Project) call(method, path string, body, answer any) {
	p.t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, "http://"+p.Server.HTTP+path, in)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+instance.Token)
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, answer)
	}
	if err != nil || w.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %d %s %v", method, path, w.StatusCode, text, err)
	}
}
