package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// elixir reads Exception.format and Exception.format_stacktrace.
func (p *parser) elixir() {
	current := p.begin(&thrown{inner: true})
	for _, line := range p.lines {
		s := strings.TrimSpace(line)
		if f, ok := elixirFrame(s); ok && (isElixirFrame(line) || current.total > 0) {
			current.add(f)
			continue
		}
		switch {
		case s == "":
		case strings.HasPrefix(s, "** (") && current.total == 0:
			if i := strings.Index(s, ") "); i > 0 {
				current.kind, current.value = s[4:i], s[i+2:]
				if inner, found := strings.CutPrefix(current.kind, "EXIT from "); found {
					current.kind, current.value = "EXIT", inner+") "+current.value
				}
			} else {
				current.kind = strings.TrimSuffix(s[4:], ")")
			}
		case current.total > 0:
			p.unread++
		case current.value == "":
			current.value = line
		default:
			current.say(line)
		}
	}
}

// isElixirFrame tells a line that cannot be anything else.
func isElixirFrame(line string) bool {
	if indent(line) == 0 {
		return false
	}
	s := strings.TrimSpace(line)
	f, ok := elixirFrame(s)
	if !ok {
		return false
	}
	return s[0] == '(' || strings.HasSuffix(f.AbsPath, ".ex") || strings.HasSuffix(f.AbsPath, ".exs") || strings.HasSuffix(f.AbsPath, ".erl") || strings.HasSuffix(f.AbsPath, ".eex") || strings.HasSuffix(f.AbsPath, ".heex")
}

// elixirFrame reads "(app 1.0.0) lib/app.ex:12: App.run/1".
func elixirFrame(s string) (event.Frame, bool) {
	var f event.Frame
	if strings.HasPrefix(s, "(") {
		app, rest, found := strings.Cut(s[1:], ") ")
		if !found || !strings.Contains(app, " ") && app != strings.ToLower(app) {
			return f, false
		}
		f.Package, s = app, rest
		name, _, _ := strings.Cut(app, " ")
		if elixirLibraries[name] {
			f.InApp = event.InAppNo
		}
	}
	if i := strings.Index(s, ": "); i > 0 {
		if path, line, ok := cutNumber(s[:i], ':'); ok && !strings.ContainsAny(path, " ()") {
			f.AbsPath, f.Filename, f.Line = path, path, line
			s = s[i+2:]
		}
	}
	if f.AbsPath == "" && f.Package == "" {
		return f, false
	}
	prefix := ""
	if i := strings.LastIndex(s, " in "); i > 0 && strings.HasPrefix(s, "anonymous fn") {
		prefix, s = s[:i+4], s[i+4:]
	}
	// Functions made by the compiler, and operators, are quoted.
	end := len(s)
	for i := range len(s) {
		if s[i] == '(' || s[i] == '"' || s[i] == '/' {
			end = i
			break
		}
	}
	f.Function = s
	if dot := strings.LastIndexByte(s[:end], '.'); dot > 0 {
		f.Module, f.Function = s[:dot], s[dot+1:]
	}
	if i := strings.IndexByte(f.Function, '('); i > 0 { // arguments instead of their number
		f.Function = f.Function[:i]
	}
	f.Function = prefix + f.Function
	return f, s != "" && !strings.HasPrefix(s, " ")
}

// elixirLibraries are applications that are never the program's own.
var elixirLibraries = map[string]bool{
	"absinthe": true, "bandit": true, "broadway": true, "compiler": true, "cowboy": true, "cowboy_telemetry": true, "crypto": true, "db_connection": true,
	"ecto": true, "ecto_sql": true, "eex": true, "elixir": true, "erts": true, "ex_unit": true, "finch": true, "gen_stage": true, "iex": true, "inets": true,
	"jason": true, "kernel": true, "logger": true, "mint": true, "mix": true, "oban": true, "phoenix": true, "phoenix_html": true, "phoenix_live_view": true,
	"phoenix_pubsub": true, "plug": true, "plug_cowboy": true, "postgrex": true, "ranch": true, "ssl": true, "stdlib": true, "tesla": true, "telemetry": true, "thousand_island": true,
}
