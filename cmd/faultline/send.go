package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"connectrpc.com/connect"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/telemetry"
	faultline "github.com/faultline-dev/faultline/sdk-go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// sendBatch is how many events travel together.
const sendBatch = 100

type sendCommand struct {
	Dsn         string        `required:"" help:"Where to send: http[s]://KEY@HOST[:PORT]/PROJECT_ID."`
	Message     string        `short:"m" help:"Text of the event. Without it an event is read from standard input: JSON as in faultline.event.v1.Event, else plain text."`
	Level       string        `short:"l" help:"debug, info, warning, error or fatal." default:"error"`
	Count       int           `short:"n" help:"How many events to send." default:"1"`
	Release     string        `help:"Release of the program."`
	Environment string        `short:"e" help:"Environment of the program."`
	Tag         []string      `short:"t" sep:"none" placeholder:"KEY=VALUE" help:"A tag; may repeat."`
	Fingerprint []string      `help:"Fingerprint of the event; may repeat."`
	Timeout     time.Duration `help:"How long to wait for all events to be stored." default:"60s"`
}

// Run sends the events over one gRPC stream and prints the id of each once it is
// stored.
func (c *sendCommand) Run(ctx context.Context, o output) error {
	if c.Count < 1 {
		return errors.New("--count must be at least 1")
	}
	template, err := c.event(os.Stdin)
	if err != nil {
		return err
	}
	target, err := faultline.NewDsn(c.Dsn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client := ingestv1connect.NewIngestServiceClient(h2Client(), target.BaseURL(), connect.WithGRPC(), withBearer(target.PublicKey()))
	stream, err := client.Stream(ctx)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", target.BaseURL(), plain(err))
	}
	sent := make(chan error, 1)
	go func() { sent <- c.sendAll(stream, template, target.ProjectID()) }()
	refused, acknowledged := 0, 0
	for acknowledged < c.Count {
		answer, err := stream.Receive()
		if err != nil {
			stream.CloseResponse()
			return fmt.Errorf("%d of %d events were acknowledged: %w", acknowledged, c.Count, plain(err))
		}
		for _, r := range answer.GetAck().GetResults() {
			acknowledged++
			if r.GetOutcome() == ingestv1.Outcome_OUTCOME_STORED || r.GetOutcome() == ingestv1.Outcome_OUTCOME_DUPLICATE {
				fmt.Fprintln(o.out, hex.EncodeToString(r.GetEventId()))
				continue
			}
			refused++
			fmt.Fprintf(o.err, "faultline: event %x was not stored: %s %s\n", r.GetEventId(), r.GetReason(), r.GetMessage())
		}
	}
	err = <-sent
	stream.CloseResponse()
	if err != nil {
		return plain(err)
	}
	if refused > 0 {
		return errSilent
	}
	return nil
}

func (c *sendCommand) sendAll(stream *connect.BidiStreamForClientSimple[ingestv1.StreamRequest, ingestv1.StreamResponse], template *eventv1.Event, projectID uint32) error {
	for sent, id := 0, uint64(1); sent < c.Count; id++ {
		batch := &ingestv1.Batch{Id: id, Attempt: 1}
		for len(batch.Events) < sendBatch && sent < c.Count {
			e := proto.CloneOf(template)
			if len(e.EventId) == 0 || sent > 0 {
				fresh := event.NewID()
				e.EventId = fresh[:]
			}
			batch.Events = append(batch.Events, e)
			sent++
		}
		if err := stream.Send(&ingestv1.StreamRequest{ProjectId: projectID, Batch: batch}); err != nil {
			return err
		}
	}
	return stream.CloseRequest()
}

// event makes the event from the flags, or reads it.
func (c *sendCommand) event(in io.Reader) (*eventv1.Event, error) {
	level, ok := event.ParseLevel(c.Level)
	if !ok {
		return nil, fmt.Errorf("--level %q: choose debug, info, warning, error or fatal", c.Level)
	}
	e := &eventv1.Event{Level: eventv1.Level(level)}
	text := []byte(c.Message)
	if c.Message == "" {
		var err error
		if text, err = io.ReadAll(io.LimitReader(in, 8<<20)); err != nil {
			return nil, fmt.Errorf("read the event from standard input: %w", err)
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			return nil, errors.New("nothing to send: give --message, or an event on standard input")
		}
	}
	if c.Message == "" && text[0] == '{' {
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, e); err != nil {
			return nil, fmt.Errorf("read the event from standard input: %w", err)
		}
	} else {
		e.Message = &eventv1.Message{Formatted: string(text)}
	}
	if e.Timestamp == nil {
		e.Timestamp = timestamppb.Now()
	}
	if e.Sdk == nil {
		e.Sdk = &eventv1.Sdk{Name: "faultline.cli", Version: telemetry.Version()}
	}
	if e.ServerName == "" {
		e.ServerName, _ = os.Hostname()
	}
	if c.Release != "" {
		e.Release = c.Release
	}
	if c.Environment != "" {
		e.Environment = c.Environment
	}
	if len(c.Fingerprint) > 0 {
		e.Fingerprint = c.Fingerprint
	}
	for _, tag := range c.Tag {
		key, value, found := bytes.Cut([]byte(tag), []byte("="))
		if !found {
			return nil, fmt.Errorf("--tag %q: write KEY=VALUE", tag)
		}
		if e.Tags == nil {
			e.Tags = map[string]string{}
		}
		e.Tags[string(key)] = string(value)
	}
	return e, nil
}

// h2Client speaks HTTP/2 with and without TLS, which gRPC needs.
func h2Client() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{
		Protocols:       protocols,
		Proxy:           http.ProxyFromEnvironment,
		DialContext:     (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}}
}

// withBearer adds the credential to every call.
func withBearer(credential string) connect.ClientOption {
	return connect.WithInterceptors(bearer(credential))
}

type bearer string

func (b bearer) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		r.Header().Set("Authorization", "Bearer "+string(b))
		return next(ctx, r)
	}
}

func (b bearer) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		conn.RequestHeader().Set("Authorization", "Bearer "+string(b))
		return conn
	}
}

func (b bearer) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// plain strips what only a programmer wants to read from an error of a call.
func plain(err error) error {
	var c *connect.Error
	if errors.As(err, &c) {
		return fmt.Errorf("%s (%s)", c.Message(), c.Code())
	}
	return err
}
