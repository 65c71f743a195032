package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

//go:generate go test . -run TestDocumentation -update

var update = flag.Bool("update", false, "rewrite settings.json and docs/config.md")

// TestDocumentationOfSettings holds settings.json and docs/config.md to the
// comments in the sources.
func TestDocumentationOfSettings(t *testing.T) {
	s := newSections()
	help := map[string]string{}
	for _, sec := range s.list {
		comments := fieldComments(t, filepath.Join("../..", sec.dir), reflect.TypeOf(sec.config).Elem().Name())
		sec.build(map[string]string{})
		for _, field := range sec.names {
			if comments[field] == "" {
				t.Errorf("%s.%s has no comment", sec.dir, field)
			}
			help[sec.flag(field)] = sentence(field, comments[field])
		}
	}
	text, err := json.MarshalIndent(help, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "settings.json", append(text, '\n'))
	settingsHelp = text
	golden(t, "../../docs/config.md", []byte(configDoc(t)))
}

// sentence turns "FlushMin is the shortest time" into "The shortest time": on the
// command line nobody knows the field's name.
func sentence(field, comment string) string {
	comment = strings.TrimPrefix(strings.TrimPrefix(comment, field+" "), "is ")
	if comment == "" {
		return ""
	}
	return strings.ToUpper(comment[:1]) + comment[1:]
}

func golden(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the sources say; run `make generate`", path)
	}
}

// fieldComments reads what stands above the fields of a struct.
func fieldComments(t *testing.T, dir, name string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				return true
			}
			fields, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range fields.Fields.List {
				text := f.Doc.Text()
				if text == "" {
					text = f.Comment.Text()
				}
				for _, n := range f.Names {
					comments[n.Name] = strings.Join(strings.Fields(text), " ")
				}
			}
			return false
		})
	}
	return comments
}

// configDoc writes docs/config.md from the command line that kong knows.
func configDoc(t *testing.T) string {
	t.Helper()
	var c commands
	s := newSections()
	parser, err := kong.New(&c, append(s.options(), kong.Name("faultline"), kong.DefaultEnvars(envPrefix))...)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Settings

Generated from the sources by ` + "`make generate`" + `; do not edit.

Every setting is a flag of ` + "`faultline serve`" + `, an environment variable, and a key of the configuration file (` + "`--config FILE`" + `, YAML or JSON). The
command line wins over the environment, the environment over the file, the file over the default. In the file, keys are the names of the flags,
flat or nested by section:

` + "```yaml" + `
http: 0.0.0.0:8080
base-url: https://errors.example.com
ingest:
  flush-max: 300ms
` + "```" + `

## Server

| flag | environment | default | meaning |
|---|---|---|---|
`)
	row := func(f *kong.Flag) {
		def := "–"
		if f.Default != "" {
			def = "`" + f.Default + "`"
		}
		env := ""
		if len(f.Envs) > 0 {
			env = "`" + f.Envs[0] + "`"
		}
		fmt.Fprintf(&b, "| `--%s` | %s | %s | %s |\n", f.Name, env, def, strings.ReplaceAll(f.Help, "|", "\\|"))
	}
	for _, node := range parser.Model.Children {
		if node.Name == "serve" {
			for _, f := range node.Flags {
				row(f)
			}
		}
	}
	for _, sec := range s.list {
		fmt.Fprintf(&b, "\n## %s\n\n| flag | environment | default | meaning |\n|---|---|---|---|\n", sec.title)
		for _, f := range parser.Model.Flags {
			if f.Group != nil && f.Group.Title == sec.title {
				row(f)
			}
		}
	}
	return b.String()
}

func TestKebab(t *testing.T) {
	for in, want := range map[string]string{"TTL": "ttl", "FlushMin": "flush-min", "BaseURL": "base-url", "SMTPHost": "smtp-host", "NATSURL": "natsurl"} {
		if got := kebab(in); got != want {
			t.Errorf("kebab(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestOrderOfSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faultline.yaml")
	if err := os.WriteFile(file, []byte("http: 1.1.1.1:1\ngrpc: 1.1.1.1:2\nlog:\n  level: debug\ningest:\n  block_rows: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAULTLINE_GRPC", "2.2.2.2:2")
	t.Setenv("FAULTLINE_INGEST_ROOM_BYTES", "2000000")
	var c commands
	s := newSections()
	parser, err := kong.New(&c, append(s.options(), kong.Name("faultline"), kong.DefaultEnvars(envPrefix), kong.Configuration(loadConfig))...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--config", file, "--data", "x", "--log-format", "json"}); err != nil {
		t.Fatal(err)
	}
	s.apply()
	if c.Serve.HTTP != "1.1.1.1:1" || c.Serve.GRPC != "2.2.2.2:2" || s.log.Level != "debug" || s.log.Format != "json" || s.ingest.BlockRows != 7 || s.ingest.RoomBytes != 2000000 {
		t.Errorf("%+v %+v %+v", c.Serve, s.log, s.ingest)
	}
	if err := os.WriteFile(file, []byte("htpp: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--config", file}); err == nil || !strings.Contains(err.Error(), "htpp") {
		t.Errorf("an unknown key gives %v", err)
	}
}
