package group

import "strings"

// normalizeFile is what stays of a path from machine to machine and from build
// to build: the name, with hashes replaced, and the folder above it where the
// name alone says little (index.js, views.py).
func normalizeFile(s string) string {
	s = cutAny(s, "?#")
	if i := strings.LastIndex(s, "://"); i >= 0 {
		s = s[i+3:]
	}
	s = strings.TrimRight(s, `/\`)
	slash := strings.LastIndexAny(s, `/\`)
	if slash < 0 {
		return replaceHashes(s)
	}
	name, folders := s[slash+1:], s[:slash]
	bundle := strings.Contains(folders, "assets") || strings.Contains(folders, "chunks") || strings.Contains(folders, "static")
	if bundle {
		name = replaceBundleHash(name)
	}
	name = replaceHashes(name)
	if !vague(name) {
		return name
	}
	parent := folders[strings.LastIndexAny(folders, `/\`)+1:]
	if place(parent) || projectRoot(folders) {
		return name
	}
	return parent + "/" + name
}

// vague reports whether many files of a program may have this name.
func vague(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "index", "main", "mod", "lib", "route", "page", "layout", "template", "loading", "error", "handler", "__init__", "__main__", "init",
		"default", "views", "view", "models", "model", "utils", "util", "helpers", "routes", "urls", "controller", "service", "actions", "api",
		"tasks", "forms", "serializers", "admin", "client", "server", "types", "+page", "+server", "+layout", "app":
		return true
	}
	return false
}

// place reports whether a folder is one where programs are put rather than a
// part of a program: such folders differ from machine to machine.
func place(folder string) bool {
	switch folder {
	case "", ".", "..", "~", "src", "app", "lib", "dist", "build", "out", "bin", "current", "www", "html", "htdocs", "public", "static", "assets", "js",
		"chunks", "code", "workspace", "project", "usr", "opt", "srv", "home", "root", "var", "tmp", "data", "releases", "server", "web", "shared":
		return true
	}
	if strings.IndexByte(folder, '.') >= 0 || strings.HasSuffix(folder, ":") {
		return true // a host, a version, a drive
	}
	digits := 0
	for i := range len(folder) {
		if isDigit(folder[i]) {
			digits++
		}
	}
	return digits >= 4 || replaceHashes(folder) != folder
}

// projectRoot reports whether a folder is one of those in which a machine keeps a
// whole program: /srv/shop, /home/ada/shop, /var/www/shop.
func projectRoot(folder string) bool {
	first, rest, ok := strings.Cut(strings.TrimPrefix(folder, "/"), "/")
	if !ok || folder[0] != '/' {
		return false
	}
	depth := strings.Count(rest, "/") + 1
	switch first {
	case "srv", "opt", "mnt", "data", "workspace", "root", "code":
		return depth == 1
	case "home", "Users":
		return depth <= 2
	case "var":
		return strings.HasPrefix(rest, "www/") && depth == 2
	}
	return false
}

// replaceHashes turns "main.3fa9c1d2.js" and "chunk-9f8e7d6c5b.js" into
// "main.<hash>.js" and "chunk-<hash>.js": runs of hexadecimal digits that fill the
// space between separators, of at least eight with a digit among them, or six of
// both kinds. Numbers of four digits or more are those of chunks.
func replaceHashes(s string) string {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' && s[i] != '-' && s[i] != '_' && s[i] != '/' && s[i] != '@' && s[i] != '~' {
			continue
		}
		if hashWord(s[start:i]) {
			return s[:start] + "<hash>" + replaceHashes(s[i:])
		}
		start = i + 1
	}
	return s
}

func hashWord(s string) bool {
	if len(s) < 4 {
		return false
	}
	digits, hex := 0, true
	for i := range len(s) {
		if isDigit(s[i]) {
			digits++
		} else if !hexDigit(s[i]) {
			hex = false
		}
	}
	switch {
	case digits == len(s):
		return true
	case hex:
		return digits > 0 && (len(s) >= 8 || len(s) >= 6 && digits > 1)
	}
	return len(s) >= 16 && digits >= 3
}

// replaceBundleHash replaces the eight characters that Vite and its like put at
// the end of a name: index-DiwrgTda.js.
func replaceBundleHash(name string) string {
	dot := strings.IndexByte(name, '.')
	if dot < 10 || name[dot-9] != '-' && name[dot-9] != '.' {
		return name
	}
	hash, small := name[dot-8:dot], true
	for i := range len(hash) {
		c := hash[i]
		if !isDigit(c) && !isLetter(c) && c != '_' && c != '-' {
			return name
		}
		small = small && c >= 'a' && c <= 'z'
	}
	if small {
		return name
	}
	return name[:dot-8] + "<hash>" + name[dot:]
}
