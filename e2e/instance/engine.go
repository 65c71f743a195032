package instance

import (
	"bytes"
	"os"
	"strconv"
)

// Engine is the process of a server's embedded engine: the server's child that runs the
// clickhouse subcommand; 0 if there is none now.
func Engine(server int) (pid int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if len(fields) > 1 && string(fields[1]) == strconv.Itoa(server) && bytes.Contains(command, []byte("\x00clickhouse\x00")) {
			return pid
		}
	}
	return 0
}
