package symbolicate

import (
	"net/url"
	"path"
	"strings"
)

// fileName is the name of a source without what bundlers put before it.
func fileName(source string) string {
	name := source
	if scheme, rest, found := strings.Cut(name, "://"); found {
		if _, file, found := strings.Cut(rest, "/"); found && !strings.HasPrefix(rest, "/") { // a host, or the package that webpack names
			rest = file
		}
		name = rest
		if scheme == "file" {
			return "/" + strings.TrimLeft(name, "/")
		}
		name = strings.TrimLeft(name, "/")
	}
	if i := strings.IndexByte(name, '?'); i > 0 { // webpack's hash of a loader
		name = name[:i]
	}
	for {
		switch {
		case strings.HasPrefix(name, "./"):
			name = name[2:]
		case strings.HasPrefix(name, "../"):
			name = name[3:]
		default:
			return name
		}
	}
}

// moduleName is a file's name without its extension.
func moduleName(file string) string {
	if ext := path.Ext(file); ext != "" && len(ext) < len(file) {
		return file[:len(file)-len(ext)]
	}
	return file
}

// absolutePath is the address of a source: its own, or that which it has beside the
// script that was made of it.
func absolutePath(script, source string) string {
	if absolute(source) {
		return source
	}
	if strings.HasPrefix(script, "/") {
		return path.Join(path.Dir(script), source)
	}
	base, err := url.Parse(script)
	if err != nil || base.Scheme == "" {
		return source
	}
	relative, err := url.Parse((&url.URL{Path: source}).String())
	if err != nil {
		return source
	}
	full := base.ResolveReference(relative)
	if full.Host == "" {
		return full.Scheme + "://" + full.Path
	}
	return full.Scheme + "://" + full.Host + full.Path
}

// foreign reports whether a source is a package's or a bundler's.
func foreign(source string) bool {
	return strings.Contains(source, "node_modules/") || strings.Contains(source, "/webpack/") || strings.HasPrefix(source, "webpack/") ||
		strings.Contains(source, "(webpack)") || strings.Contains(source, "/~/")
}

// Names are the names under which a script at an address may have been uploaded,
// the most exact first: the address, the address without query and fragment, and both
// with ~ in place of scheme and host.
func Names(address string) []string {
	names := []string{address}
	plain := address
	if i := strings.IndexAny(plain, "?#"); i > 0 {
		plain = plain[:i]
		names = append(names, plain)
	}
	for _, name := range []string{address, plain} {
		short := ""
		if _, rest, found := strings.Cut(name, "://"); found {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				short = "~" + rest[i:]
			}
		} else if strings.HasPrefix(name, "/") {
			short = "~" + name
		}
		if short != "" && short != names[len(names)-1] {
			names = append(names, short)
		}
	}
	return names
}

// Reference is the address of the map that a script names in its last comment, or
// nothing.
func Reference(script []byte) string {
	const tail = 16 << 10
	text := string(script)
	for _, mark := range []string{"//# sourceMappingURL=", "//@ sourceMappingURL="} {
		i := strings.LastIndex(text, mark)
		if i < 0 {
			continue
		}
		value := text[i+len(mark):]
		if !strings.HasPrefix(value, "data:") && len(value) > tail {
			continue
		}
		if end := strings.IndexAny(value, " \t\r\n'\""); end >= 0 {
			value = value[:end]
		}
		return value
	}
	return ""
}

// Resolve is the address of a map that a script refers to. Both may begin with ~.
func Resolve(script, reference string) string {
	if strings.Contains(reference, "://") || strings.HasPrefix(reference, "~") {
		return reference
	}
	prefix, file := "", script
	switch {
	case strings.HasPrefix(script, "~"):
		prefix, file = "~", script[1:]
	default:
		if scheme, rest, found := strings.Cut(script, "://"); found {
			host, at, _ := strings.Cut(rest, "/")
			prefix, file = scheme+"://"+host, "/"+at
		}
	}
	if i := strings.IndexAny(file, "?#"); i >= 0 {
		file = file[:i]
	}
	if strings.HasPrefix(reference, "/") {
		return prefix + reference
	}
	if i := strings.IndexAny(reference, "?#"); i > 0 {
		reference = reference[:i]
	}
	return prefix + path.Join(path.Dir(file), reference)
}
