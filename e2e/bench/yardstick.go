package main

import (
	"time"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
)

// yardstickQuiet is what the yardstick was on the machine on which the goals were
// set, with nothing else running: µs of CPU an event.
const yardstickQuiet = 17.6

// yardstick tells how fast this machine is just now, by something that never
// changes: decoding events with the code that protoc-gen-go generates. A shared
// processor makes CPU time longer, too.
func yardstick(o options) (float64, error) {
	l := newLoad(o, 1000)
	data := l.request(0, 1)
	before, err := usageOf(pid)
	if err != nil {
		return 0, err
	}
	events := 0
	for began := time.Now(); time.Since(began) < 2*time.Second; events += o.batch {
		if err := proto.Unmarshal(data, &ingestv1.StreamRequest{}); err != nil {
			return 0, err
		}
	}
	after, err := usageOf(pid)
	return perEvent(after.since(before).cpu, events), err
}
