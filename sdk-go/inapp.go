package faultline

import (
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// inApp decides which frames are the program's own code.
type inApp struct {
	include, exclude []string
}

func (a *inApp) is(f *Frame) bool {
	for _, prefix := range a.include {
		if within(f.Module, prefix) {
			return true
		}
	}
	for _, prefix := range a.exclude {
		if within(f.Module, prefix) {
			return false
		}
	}
	if f.Module == "main" {
		return true
	}
	file := filepath.ToSlash(f.AbsPath)
	if f.Module == "" || within(f.Module, ownPackage) && !strings.HasSuffix(file, "_test.go") {
		return false
	}
	if strings.Contains(file, "/pkg/mod/") || strings.Contains(file, "/vendor/") || strings.HasPrefix(f.Module, "vendor/") {
		return false
	}
	if !path.IsAbs(file) && strings.Contains(file, "@v") {
		return false
	}
	if standard(f.Module, file) {
		return false
	}
	return !libraries().covers(f.Module)
}

// within reports whether a package is prefix or below it.
func within(pkg, prefix string) bool {
	rest, ok := strings.CutPrefix(pkg, strings.TrimSuffix(prefix, "/"))
	return ok && prefix != "" && (rest == "" || rest[0] == '/' || rest[0] == '.')
}

// standardRoot is the folder of the standard library's sources as compiled
// into the program, empty if -trimpath removed it.
var standardRoot = sync.OnceValue(func() string {
	gc := reflect.ValueOf(runtime.GC).Pointer()
	file, _ := runtime.FuncForPC(gc).FileLine(gc)
	root, ok := strings.CutSuffix(filepath.ToSlash(file), "runtime/mgc.go")
	if !ok {
		return ""
	}
	return root
})

// standard reports whether a package belongs to the standard library.
func standard(pkg, file string) bool {
	if root := standardRoot(); root != "" {
		return strings.HasPrefix(file, root)
	}
	if main := buildInfo().Main.Path; main != "" && within(pkg, main) {
		return false
	}
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

// librarySet holds the modules that are not the program's own.
type librarySet map[string]bool

// libraries are the program's dependencies, except those that are built from
// a folder beside it.
var libraries = sync.OnceValue(func() librarySet {
	set := librarySet{}
	for _, dep := range buildInfo().Deps {
		local := dep.Version == "(devel)" || dep.Replace != nil && dep.Replace.Version == ""
		set[dep.Path] = !local
	}
	return set
})

// covers reports whether the longest module path that leads to a package is a library.
func (l librarySet) covers(pkg string) bool {
	for p := pkg; p != "." && p != "/" && p != ""; p = path.Dir(p) {
		if library, known := l[p]; known {
			return library
		}
	}
	return false
}

// relativeFile returns a file's name as people say it: below the module's
// root, below the standard library, or as -trimpath wrote it.
func relativeFile(file, pkg string) string {
	file = filepath.ToSlash(file)
	if root := standardRoot(); root != "" && strings.HasPrefix(file, root) {
		return file[len(root):]
	}
	base := path.Base(file)
	pkg = strings.TrimSuffix(pkg, "_test")
	main := buildInfo().Main.Path
	switch {
	case pkg == "main":
		if rest, ok := strings.CutPrefix(file, main+"/"); ok && main != "" {
			return rest // -trimpath
		}
		return base
	case main != "" && within(pkg, main):
		return path.Join(strings.TrimPrefix(strings.TrimPrefix(pkg, main), "/"), base)
	}
	if _, rest, ok := strings.Cut(file, "/pkg/mod/"); ok {
		return rest
	}
	if !path.IsAbs(file) && !strings.Contains(file, ":/") {
		return file
	}
	return path.Join(pkg, base)
}
