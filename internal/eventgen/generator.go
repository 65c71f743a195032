// Package eventgen makes events like those that programs send, for benchmarks and
// tests: about 2.5 KB of protobuf, 20 frames, 8 tags, 5 breadcrumbs, with user,
// request and contexts, spread over issues and projects by Zipf's law. The same
// seed always gives the same events. It is no part of the product.
package eventgen

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/wire"
)

// Config says what is made.
type Config struct {
	Seed     uint64
	Projects int
	Issues   int       // over all projects
	Users    int       // over all projects
	Start    time.Time // of the first event
	Step     time.Duration
}

// DefaultConfig is the load of the benchmark: 2,000 issues in 50 projects. Times
// are the next 20 hours' for a million events from Start on.
func DefaultConfig(start time.Time) Config {
	return Config{Seed: 1, Projects: 50, Issues: 2000, Users: 100_000, Start: start, Step: 72 * time.Millisecond}
}

// Generator makes events. It may be used by many goroutines at a time.
type Generator struct {
	cfg      Config
	issues   []issue
	projects []shares // by project, over its issues
	weights  shares   // over projects
}

// shares picks one of several things by weight.
type shares struct {
	things []int
	sums   []float64
}

func (s *shares) add(thing int, weight float64) {
	sum := weight
	if n := len(s.sums); n > 0 {
		sum += s.sums[n-1]
	}
	s.things, s.sums = append(s.things, thing), append(s.sums, sum)
}

func (s *shares) total() float64 { return s.sums[len(s.sums)-1] }

func (s *shares) pick(r *rand.Rand) int {
	return s.things[sort.SearchFloat64s(s.sums, r.Float64()*s.total())]
}

// New prepares a generator.
func New(cfg Config) *Generator {
	g := &Generator{cfg: cfg, issues: make([]issue, cfg.Issues), projects: make([]shares, cfg.Projects)}
	for i := range g.issues {
		g.issues[i] = newIssue(cfg.Seed, i)
		g.projects[i%cfg.Projects].add(i, math.Pow(float64(i+1), -1.1))
	}
	for i := range g.projects {
		g.weights.add(i, g.projects[i].total())
	}
	return g
}

// random is the source of chance for the nth thing of a kind.
func (g *Generator) random(kind, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(g.cfg.Seed<<8|kind, n*0x9e3779b97f4a7c15+kind))
}

// Project is that of the nth batch: a number from 0, the busiest most often.
func (g *Generator) Project(n uint64) int { return g.weights.pick(g.random(1, n)) }

// AppendProto appends the nth event of a project, as an Event message.
func (g *Generator) AppendProto(b []byte, project int, n uint64) []byte {
	r := g.random(2, n<<8|uint64(project))
	i := &g.issues[g.projects[project].pick(r)]
	at := g.cfg.Start.Add(time.Duration(n) * g.cfg.Step)
	b = i.appendMost(b, r)
	b = appendBytes(b, 1, g.id(r))
	b = appendMessage(b, 2, func(b []byte) []byte { return appendTime(b, at) })
	b = g.appendUser(b, r)
	b = appendRequest(b, i, r)
	b = appendTags(b, i, r)
	return appendBreadcrumbs(b, i, at, r)
}

// id is a version 4 UUID.
func (g *Generator) id(r *rand.Rand) []byte {
	var id event.ID
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id[:]
}

// AppendBatch appends the fields of a Batch message that hold the events from
// first on. The caller adds id and attempt.
func (g *Generator) AppendBatch(b []byte, project int, first uint64, events int) []byte {
	var scratch []byte
	for n := range uint64(events) {
		scratch = g.AppendProto(scratch[:0], project, first+n)
		b = appendBytes(b, 3, scratch)
	}
	return b
}

// Event is the nth event of a project as the server's decoder sees it.
func (g *Generator) Event(project int, n uint64) *event.Event {
	e, err := wire.NewDecoder(wire.DefaultLimits()).Event(g.AppendProto(nil, project, n))
	if err != nil {
		panic(fmt.Sprintf("eventgen makes events that cannot be read: %v", err))
	}
	return e
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func appendText(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// appendParts appends a text that is made of parts.
func appendParts(b []byte, field protowire.Number, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// appendMessage appends a message of fewer than 16 KB, whose length is written
// when it is known.
func appendMessage(b []byte, field protowire.Number, fill func([]byte) []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	start := len(b)
	b = fill(append(b, 0, 0))
	n := len(b) - start - 2
	if n >= 1<<14 {
		panic("eventgen: a message is too long")
	}
	b[start], b[start+1] = byte(n)|0x80, byte(n>>7)
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	b = appendNumber(b, 1, uint64(t.Unix()))
	return appendNumber(b, 2, uint64(t.Nanosecond()))
}

func appendPair(b []byte, field protowire.Number, key, value string) []byte {
	return appendMessage(b, field, func(b []byte) []byte { return appendText(appendText(b, 1, key), 2, value) })
}
