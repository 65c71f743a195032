package chdb

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// forgetEvery is how often code is given back. What runs is mapped again at once.
const forgetEvery = time.Minute

// keepForgetting gives back the library's code now and again until the context ends:
// questions that are seldom asked leave about 30 MB of it.
func keepForgetting(ctx context.Context, path string) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			forgetCode(path)
		}
	}
}

// forgetCode lets the kernel take back the pages of the library's code that the start
// needed, about 150 MB that are hardly looked at again: the engine registers thousands of
// functions and formats of which one server uses a few. Code is never written to, so a
// page that is needed after all is mapped again from the file. Systems that do not say
// what is mapped where keep the pages.
func forgetCode(path string) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] != "r-xp" || fields[5] != path {
			continue
		}
		var from, to uintptr
		if n, _ := fmt.Sscanf(fields[0], "%x-%x", &from, &to); n == 2 {
			// If it fails, the pages stay.
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		}
	}
}
