package eventgen

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
)

// The words that events are made of.
var (
	errorTypes = []string{"*errors.errorString", "*fs.PathError", "*net.OpError", "*url.Error", "*json.SyntaxError", "*pq.Error", "context.deadlineExceededError", "*strconv.NumError", "runtime.Error", "*mysql.MySQLError", "*http.MaxBytesError", "*grpc.statusError"}
	verbs      = []string{"read", "write", "load", "save", "parse", "fetch", "charge", "render", "send", "open", "update", "delete", "validate", "encode", "merge", "index"}
	nouns      = []string{"invoice", "order", "customer", "basket", "session", "report", "payment", "shipment", "coupon", "profile", "catalog", "receipt", "ticket", "address", "voucher", "message"}
	packages   = []string{"billing", "orders", "accounts", "search", "notify", "gateway", "store", "worker", "auth", "export"}
	libraries  = []string{"net/http", "database/sql", "encoding/json", "github.com/jackc/pgx/v5", "google.golang.org/grpc", "github.com/redis/go-redis/v9", "runtime"}
	releases   = []string{"shop@4.17.0", "shop@4.17.1", "shop@4.18.0", "shop@4.18.1", "shop@4.19.0-rc.1"}
	places     = []string{"eu-west-1", "eu-central-1", "us-east-1", "ap-south-1"}
	browsers   = []string{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"}
)

// issue is what the events of one issue share.
type issue struct {
	route   string
	method  string
	request []byte   // fields of Request that never change
	fixed   []byte   // fields of Event that never change, but for a line
	line    int      // where in them the number of that line stands, in lineBytes bytes
	around  [][]byte // fields of Event that go with a machine and a release
}

// The line in which a program's own code fails moves with every release, and a few
// stacks are like no other: lines are spread over lineSpread numbers then.
const (
	lineBytes  = 3
	lineMark   = 1<<21 - 1 // a number that takes lineBytes, to find its place by
	lineFirst  = 1 << 14   // the least that takes so many
	lineSpread = 1 << 20
	oddStacks  = 10 // one in so many is like no other
)

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// newIssue makes the nth issue.
func newIssue(seed uint64, n int) issue {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	noun, verb := pick(r, nouns), pick(r, verbs)
	i := issue{route: "/api/v2/" + noun + "s/{id}/" + verb, method: pick(r, []string{"GET", "POST", "PUT"})}
	i.request = appendText(appendText(nil, 1, "https://shop.example.com"+i.route), 2, i.method)
	i.fixed = marshal(&eventv1.Event{
		Level: eventv1.Level_LEVEL_ERROR, Platform: "go", Logger: pick(r, packages), Transaction: i.method + " " + i.route,
		Exceptions: exceptions(r, n, verb, noun),
		Sdk:        &eventv1.Sdk{Name: "faultline.go", Version: "0.1.0", Integrations: []string{"net/http", "slog"}},
	})
	if i.line = bytes.Index(i.fixed, protowire.AppendVarint(nil, lineMark)); i.line < 0 {
		panic("eventgen: no frame has the line that moves")
	}
	for machine := range 8 {
		i.around = append(i.around, surroundings(r, releases[machine%len(releases)]))
	}
	return i
}

// appendMost appends all but what goes with a user and a request: what is fixed, with
// the line where it failed this time, and what goes with a machine.
func (i *issue) appendMost(b []byte, r *rand.Rand) []byte {
	machine := r.IntN(len(i.around))
	line := uint64(lineFirst + machine%len(releases))
	if r.IntN(oddStacks) == 0 {
		line = lineFirst + r.Uint64N(lineSpread)
	}
	at := len(b) + i.line
	b = append(b, i.fixed...)
	protowire.AppendVarint(b[:at], line)
	return append(b, i.around[machine]...)
}

// exceptions is an error with one cause: 20 frames in all.
func exceptions(r *rand.Rand, n int, verb, noun string) []*eventv1.Exception {
	yes, no, parent := true, false, int32(0)
	handled := &yes
	if n%10 == 0 {
		handled = &no
	}
	return []*eventv1.Exception{{
		Type: pick(r, errorTypes), Value: fmt.Sprintf("%s %s: connection %d refused by peer", verb, noun, n),
		Module: "example.com/shop/" + pick(r, packages), Stacktrace: &eventv1.Stacktrace{Frames: frames(r, n, 16)},
		Mechanism: &eventv1.Mechanism{Type: "http", Handled: handled},
	}, {
		Type: pick(r, errorTypes), Value: noun + " is locked", Module: pick(r, libraries),
		Stacktrace: &eventv1.Stacktrace{Frames: frames(r, n, 4)},
		Mechanism:  &eventv1.Mechanism{Type: "generic", ExceptionId: 1, ParentId: &parent, Source: "Unwrap"},
	}}
}

// frames is a stack: library frames first, the program's own at the end.
func frames(r *rand.Rand, n, count int) []*eventv1.Frame {
	out := make([]*eventv1.Frame, count)
	for k := range out {
		own := k >= count/2
		module := pick(r, libraries)
		if own {
			module = "example.com/shop/" + pick(r, packages)
		}
		out[k] = &eventv1.Frame{
			Function: fmt.Sprintf("(*%s).%s", pick(r, nouns), pick(r, verbs)), Module: module,
			Filename: pick(r, verbs) + ".go", Lineno: uint32(10 + r.IntN(900)), InApp: &own,
		}
	}
	// What tells the issue apart.
	out[count-1].Function = "handle" + strconv.Itoa(n)
	if count > 4 {
		out[count-1].Lineno = lineMark
	}
	return out
}

func surroundings(r *rand.Rand, release string) []byte {
	return marshal(&eventv1.Event{
		Release: release, Environment: pick(r, []string{"production", "production", "production", "staging"}),
		ServerName: fmt.Sprintf("web-%02d", r.IntN(40)),
		Contexts: map[string]*structpb.Struct{
			"os":      object(map[string]any{"name": "linux", "version": "6.1.0-" + strconv.Itoa(20+r.IntN(5)), "arch": "amd64"}),
			"runtime": object(map[string]any{"name": "go", "version": "go1.26." + strconv.Itoa(r.IntN(9)), "num_goroutine": 100 + r.IntN(40)}),
			"device":  object(map[string]any{"num_cpu": 1 << r.IntN(5), "memory_size": 17179869184}),
			"cloud":   object(map[string]any{"region": pick(r, places), "instance": "i-" + strconv.FormatUint(r.Uint64()>>40, 16)}),
		},
	})
}

func object(m map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(m)
	if err != nil {
		panic("eventgen: " + err.Error())
	}
	return s
}

func marshal(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic("eventgen: " + err.Error())
	}
	return b
}

func (g *Generator) appendUser(b []byte, r *rand.Rand) []byte {
	id := r.IntN(g.cfg.Users)
	var number [20]byte
	name := strconv.AppendInt(number[:0], int64(id), 10)
	return appendMessage(b, 15, func(b []byte) []byte {
		b = appendParts(b, 1, name)
		b = appendParts(b, 2, []byte("user"), name, []byte("@example.com"))
		var address [16]byte
		a := append(address[:0], "203.0."...)
		a = strconv.AppendInt(a, int64(id>>8&0xff), 10)
		a = strconv.AppendInt(append(a, '.'), int64(id&0xff), 10)
		return appendParts(b, 5, a)
	})
}

func appendRequest(b []byte, i *issue, r *rand.Rand) []byte {
	return appendMessage(b, 16, func(b []byte) []byte {
		b = append(b, i.request...)
		var query [16]byte
		b = appendParts(b, 3, strconv.AppendInt(append(query[:0], "page="...), int64(r.IntN(50)), 10))
		return appendPair(b, 4, "User-Agent", pick(r, browsers))
	})
}

// The choices for tags.
var (
	browserNames = []string{"Chrome", "Safari", "Firefox", "Edge"}
	plans        = []string{"free", "team", "business"}
	customers    = numbered("c", 500)
	shards       = numbered("", 32)
	tenants      = numbered("t", 2000)
	statements   = each(nouns, "SELECT id, state, total FROM ", "s WHERE id = $1 LIMIT 20")
	hosts        = each(packages, " http://", ".internal:8080/v1/")
)

// numbered is a list of numbers after a word.
func numbered(word string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = word + strconv.Itoa(i)
	}
	return list
}

// each puts every word of a list between two texts.
func each(words []string, before, after string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = before + w + after
	}
	return list
}

func appendTags(b []byte, i *issue, r *rand.Rand) []byte {
	b = appendPair(b, 18, "browser", pick(r, browserNames))
	b = appendPair(b, 18, "customer", pick(r, customers))
	b = appendPair(b, 18, "feature", pick(r, nouns))
	b = appendPair(b, 18, "handler", i.route)
	b = appendPair(b, 18, "plan", pick(r, plans))
	b = appendPair(b, 18, "region", pick(r, places))
	b = appendPair(b, 18, "shard", pick(r, shards))
	return appendPair(b, 18, "tenant", pick(r, tenants))
}

func appendBreadcrumbs(b []byte, i *issue, at time.Time, r *rand.Rand) []byte {
	for k := range 5 {
		b = appendMessage(b, 14, func(b []byte) []byte {
			b = appendMessage(b, 1, func(b []byte) []byte {
				return appendTime(b, at.Add(time.Duration(k-5)*137*time.Millisecond).Truncate(time.Millisecond))
			})
			if k%2 == 0 {
				b = appendText(b, 3, "query")
				b = appendText(b, 4, pick(r, statements))
			} else {
				b = appendText(b, 3, "http.client")
				var id [20]byte
				b = appendParts(b, 4, []byte(i.method), []byte(pick(r, hosts)), strconv.AppendInt(id[:0], int64(r.IntN(100_000)), 10))
			}
			return appendNumber(b, 5, uint64(eventv1.Level_LEVEL_INFO))
		})
	}
	return b
}
