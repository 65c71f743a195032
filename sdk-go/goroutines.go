package faultline

import (
	"bytes"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	maxGoroutineDump = 1 << 20
	maxGoroutines    = 200
)

// dumpGoroutines prints the stacks of all goroutines, the current one first.
func dumpGoroutines() []byte {
	for size := 64 << 10; ; size *= 4 {
		buf := make([]byte, size)
		n := runtime.Stack(buf, true)
		if n < len(buf) || size >= maxGoroutineDump {
			return buf[:n]
		}
	}
}

// parseGoroutines reads what runtime.Stack prints. What it cannot read it skips.
func parseGoroutines(dump []byte, app *inApp) []Thread {
	var threads []Thread
	for block := range bytes.SplitSeq(dump, []byte("\n\n")) {
		if len(threads) == maxGoroutines {
			break
		}
		head, body, _ := strings.Cut(string(block), "\n")
		rest, ok := strings.CutPrefix(head, "goroutine ")
		if !ok {
			continue
		}
		id, state, ok := strings.Cut(rest, " [")
		if !ok {
			continue
		}
		stack := &Stacktrace{Frames: parseFrames(body), unsorted: true}
		stack.resolve(app)
		threads = append(threads, Thread{
			ID:         id,
			Name:       "goroutine " + id,
			State:      strings.TrimSuffix(state, "]:"),
			Current:    len(threads) == 0,
			Stacktrace: stack,
		})
	}
	return threads
}

// parseFrames reads pairs of lines: a call, and where it is.
func parseFrames(body string) []Frame {
	var frames []Frame
	lines := strings.Split(body, "\n")
	for i := 0; i+1 < len(lines) && len(frames) < maxFrames; i++ {
		place, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok {
			continue
		}
		call := lines[i]
		if created, ok := strings.CutPrefix(call, "created by "); ok {
			call, _, _ = strings.Cut(created, " in goroutine ")
		} else if open := strings.LastIndexByte(call, '('); open > 0 {
			call = call[:open]
		}
		place, _, _ = strings.Cut(place, " +0x")
		colon := strings.LastIndexByte(place, ':')
		if colon < 0 {
			continue
		}
		line, err := strconv.ParseUint(place[colon+1:], 10, 31)
		if err != nil {
			continue
		}
		frames = append(frames, newFrame(runtime.Frame{Function: call, File: place[:colon], Line: int(line)}))
		i++
	}
	slices.Reverse(frames)
	return frames
}
