package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// envPrefix begins the name of every environment variable.
const envPrefix = "FAULTLINE"

// settingsHelp maps flags to what the comment on the setting says. It is made
// from the sources by `make generate`.
//
//go:embed settings.json
var settingsHelp []byte

// section is the configuration of one package, whose fields become flags,
// environment variables and keys of the configuration file.
type section struct {
	prefix string // "ingest" gives --ingest-flush-rows
	title  string
	dir    string // where the type is declared, for the documentation
	config any    // pointer to a struct with its defaults filled in
	skip   []string
	fields reflect.Value // what the command line fills in; made by options
	names  []string      // fields of config, in order
}

// sections are all settings beyond the fixed flags of serve.
type sections struct {
	list []*section
	configs
}

// options tells kong of every field of every section.
func (s *sections) options() []kong.Option {
	help := map[string]string{}
	if err := json.Unmarshal(settingsHelp, &help); err != nil {
		panic("settings.json: " + err.Error())
	}
	var options []kong.Option
	for _, sec := range s.list {
		sec.build(help)
		options = append(options, kong.Embed(sec.fields.Interface()))
	}
	return options
}

// build makes a struct type with one tagged field for each setting.
func (sec *section) build(help map[string]string) {
	value := reflect.ValueOf(sec.config).Elem()
	var fields []reflect.StructField
	for i := range value.NumField() {
		f := value.Type().Field(i)
		if !f.IsExported() || slices.Contains(sec.skip, f.Name) || !settable(f.Type) {
			continue
		}
		name := sec.flag(f.Name)
		tag := fmt.Sprintf(`name:%q help:%q group:%q hidden:""`, name, help[name], sec.title)
		if def := formatDefault(value.Field(i)); def != "" {
			tag += fmt.Sprintf(` default:%q`, def)
		}
		if f.Type.Kind() == reflect.Bool {
			tag += ` negatable:""`
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: reflect.StructTag(tag)})
		sec.names = append(sec.names, f.Name)
	}
	sec.fields = reflect.New(reflect.StructOf(fields))
}

// apply copies what was given into the configurations.
func (s *sections) apply() {
	for _, sec := range s.list {
		config, fields := reflect.ValueOf(sec.config).Elem(), sec.fields.Elem()
		for _, name := range sec.names {
			config.FieldByName(name).Set(fields.FieldByName(name))
		}
	}
}

func (sec *section) flag(field string) string { return sec.prefix + "-" + kebab(field) }

// settable reports whether a field can be given as text.
func settable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Int, reflect.Int64, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		return true
	case reflect.Slice:
		return settable(t.Elem()) && t.Elem().Kind() != reflect.Slice
	}
	return false
}

// formatDefault writes a value as it would be given.
func formatDefault(v reflect.Value) string {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return v.Interface().(time.Duration).String()
	}
	switch v.Kind() {
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = formatDefault(v.Index(i))
		}
		return strings.Join(parts, ",")
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

// kebab turns FlushInterval into flush-interval and BaseURL into base-url.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) {
			if i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
				b.WriteByte('-')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// loadConfig reads a configuration file: YAML or JSON, keys by the name of the
// flag, flat ("ingest-flush-rows: 1000") or nested by section ("ingest: {flush-rows: 1000}").
func loadConfig(r io.Reader) (kong.Resolver, error) {
	var tree map[string]any
	if err := yaml.NewDecoder(r).Decode(&tree); err != nil && err != io.EOF {
		return nil, fmt.Errorf("the configuration file is neither YAML nor JSON: %w", err)
	}
	values := map[string]any{}
	flatten("", tree, values)
	return &fileResolver{values: values}, nil
}

func flatten(prefix string, tree map[string]any, into map[string]any) {
	for key, value := range tree {
		name := prefix + strings.ReplaceAll(key, "_", "-")
		if branch, ok := value.(map[string]any); ok {
			flatten(name+"-", branch, into)
			continue
		}
		into[name] = value
	}
}

// fileResolver gives kong the values of a configuration file, below the
// environment and the command line.
type fileResolver struct{ values map[string]any }

// Validate refuses keys that are no setting, because a mistyped one would
// silently do nothing.
func (f *fileResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var collect func(*kong.Node)
	collect = func(n *kong.Node) {
		for _, flag := range n.Flags {
			known[flag.Name] = true
		}
		for _, child := range n.Children {
			collect(child)
		}
	}
	collect(app.Node)
	var unknown []string
	for name := range f.values {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("the configuration file sets what does not exist: %s; see docs/config.md", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve returns the file's value of a flag, unless the environment has one.
func (f *fileResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	value, found := f.values[flag.Name]
	if !found {
		return nil, nil
	}
	if list, ok := value.([]any); ok {
		parts := make([]string, len(list))
		for i := range list {
			parts[i] = fmt.Sprint(list[i])
		}
		return strings.Join(parts, ","), nil
	}
	return fmt.Sprint(value), nil
}
