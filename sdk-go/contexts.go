package faultline

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// startTime is when the program loaded this package.
var startTime = time.Now()

// surroundings returns the contexts that do not change while the program runs.
var surroundings = sync.OnceValue(func() map[string]Context {
	system := Context{"name": runtime.GOOS}
	if version := kernelVersion(); version != "" {
		system["version"] = version
	}
	return map[string]Context{
		"os": system,
		"device": {
			"arch":    runtime.GOARCH,
			"num_cpu": float64(runtime.NumCPU()),
		},
		"app": {"app_start_time": startTime.UTC().Format(time.RFC3339)},
	}
})

// runtimeContext describes the Go runtime as it is now.
func runtimeContext() Context {
	return Context{
		"name":           "go",
		"version":        runtime.Version(),
		"go_maxprocs":    float64(runtime.GOMAXPROCS(0)),
		"go_numroutines": float64(runtime.NumGoroutine()),
		"go_numcgocalls": float64(runtime.NumCgoCall()),
	}
}

// kernelVersion returns the kernel's release where a file tells it.
func kernelVersion() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
