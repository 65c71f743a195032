package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"
	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/query/v1/queryv1connect"
	"google.golang.org/protobuf/encoding/protojson"
)

type tailCommand struct {
	URL     string `name:"url" help:"Address of the server." default:"http://127.0.0.1:8080"`
	Token   string `required:"" help:"API token with the scope event:read."`
	Project uint32 `short:"p" help:"Id of the project." default:"1"`
	JSON    bool   `name:"json" help:"Print one JSON object a line."`
	Query   string `arg:"" optional:"" help:"Only events that match, for example 'level:fatal environment:production'."`
}

// Run prints events until it is interrupted.
func (c *tailCommand) Run(ctx context.Context, o output) error {
	client := queryv1connect.NewQueryServiceClient(h2Client(), strings.TrimRight(c.URL, "/"), withBearer(c.Token))
	stream, err := client.Tail(ctx, &queryv1.TailRequest{ProjectId: c.Project, Query: c.Query})
	if err != nil {
		return plain(err)
	}
	defer stream.Close()
	for stream.Receive() {
		message := stream.Msg()
		if n := message.GetSkipped(); n > 0 {
			fmt.Fprintf(o.err, "%d events were left out, they come too fast\n", n)
		}
		e := message.GetEvent()
		if e == nil {
			continue
		}
		if c.JSON {
			line, err := protojson.Marshal(e)
			if err != nil {
				return fmt.Errorf("print an event: %w", err)
			}
			fmt.Fprintln(o.out, string(line))
			continue
		}
		where := e.GetCulprit()
		if where != "" {
			where = "  " + where
		}
		fmt.Fprintf(o.out, "%s  %-7s  %s%s  [%s]\n", e.GetTimestamp().AsTime().Local().Format(time.TimeOnly),
			e.GetLevel(), printable(e.GetTitle()), printable(where), printable(strings.TrimSpace(e.GetEnvironment()+" "+e.GetRelease())))
	}
	if err := stream.Err(); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		var c *connect.Error
		if errors.As(err, &c) && c.Code() == connect.CodeCanceled {
			return nil
		}
		return plain(err)
	}
	return nil
}

// printable keeps what an event says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}
