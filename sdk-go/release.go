package faultline

import (
	"runtime/debug"
	"sync"
)

// buildInfo is what the Go tool put into the program, read once.
var buildInfo = sync.OnceValue(func() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return &debug.BuildInfo{}
	}
	return info
})

// buildRelease returns the commit the program was built from, or the version
// of its module.
func buildRelease() string {
	info := buildInfo()
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && s.Value != "" {
			return s.Value
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return info.Main.Path + "@" + v
	}
	return ""
}

// buildModules returns the modules that are part of the program. The map must
// not be changed.
var buildModules = sync.OnceValue(func() map[string]string {
	info := buildInfo()
	modules := make(map[string]string, len(info.Deps)+1)
	if info.Main.Path != "" {
		modules[info.Main.Path] = info.Main.Version
	}
	for _, dep := range info.Deps {
		version := dep.Version
		if dep.Replace != nil && dep.Replace.Version != "" {
			version = dep.Replace.Version
		}
		modules[dep.Path] = version
	}
	return modules
})
