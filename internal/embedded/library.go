package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrLibraryMissing says that the engine's shared library is not on this machine.
var ErrLibraryMissing = errors.New("the ClickHouse engine library is not installed")

// LibraryVariable is the environment variable that names the engine's shared library.
const LibraryVariable = "FAULTLINE_ENGINE_LIBRARY"

// libraryName is the file name of the library in every package of it.
const libraryName = "libchdb.so"

// FindLibrary returns the path of the engine's shared library: the configured one if there
// is one, then the one in the environment, then those beside the executable, then the one
// that npm installed in this repository. The error wraps ErrLibraryMissing, says what to run
// and lists where it looked.
func FindLibrary(configured string) (string, error) {
	for _, given := range []string{configured, os.Getenv(LibraryVariable)} {
		if given == "" {
			continue
		}
		path, err := filepath.Abs(given)
		if err == nil && isFile(path) {
			return path, nil
		}
		return "", fmt.Errorf("%w: %s does not exist; fetch it with `npm ci --prefix deploy/embedded` (or `make engine`) in the Faultline repository and give its path", ErrLibraryMissing, given)
	}
	looked := libraryPlaces()
	for _, path := range looked {
		if isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w; fetch it with `npm ci --prefix deploy/embedded` (or `make engine`) in the Faultline repository, "+
		"name it with %s, or use a ClickHouse server with --clickhouse-dsn; looked for %s",
		ErrLibraryMissing, LibraryVariable, strings.Join(looked, ", "))
}

// libraryPlaces lists where the library is looked for, best first.
func libraryPlaces() []string {
	var places []string
	add := func(path string) {
		for _, known := range places {
			if known == path {
				return
			}
		}
		places = append(places, path)
	}
	npm := filepath.Join("deploy", "embedded", "node_modules", "@chdb", npmPackage(), libraryName)
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		add(filepath.Join(dir, libraryName))
		add(filepath.Join(dir, "lib", libraryName))
		add(filepath.Join(filepath.Dir(dir), "lib", libraryName))
		add(filepath.Join(dir, npm))
		add(filepath.Join(filepath.Dir(dir), npm))
	}
	if dir, err := os.Getwd(); err == nil {
		add(filepath.Join(repository(dir), npm))
	}
	return places
}

// repository returns the folder at or above dir that holds go.mod, or dir.
func repository(dir string) string {
	for up := dir; ; up = filepath.Dir(up) {
		if isFile(filepath.Join(up, "go.mod")) && isFile(filepath.Join(up, "deploy", "embedded", "package.json")) {
			return up
		}
		if up == filepath.Dir(up) {
			return dir
		}
	}
}

// npmPackage is the name, within its scope, of the npm package that carries the library
// for this machine.
func npmPackage() string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	if runtime.GOOS == "linux" {
		return "lib-linux-" + arch + "-gnu"
	}
	return "lib-" + runtime.GOOS + "-" + arch
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
