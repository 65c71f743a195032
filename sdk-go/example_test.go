package faultline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	faultlinehttp "github.com/faultline-dev/faultline/sdk-go/http"
	faultlineslog "github.com/faultline-dev/faultline/sdk-go/slog"
)

func Example() {
	err := faultline.Init(faultline.ClientOptions{
		Dsn:         "https://0123456789abcdef0123456789abcdef@faultline.example.com/1",
		Environment: "production",
		Release:     "shop@1.4.2",
		Repanic:     true, // a panic still ends the program, after it was reported
	})
	if err != nil {
		slog.Warn("errors are not reported", "err", err)
	}
	defer faultline.Flush(2 * time.Second)
	defer faultline.Recover()

	if _, err := os.Open("/no/such/file"); err != nil {
		faultline.CaptureException(fmt.Errorf("read settings: %w", err))
	}
}

func ExampleWithScope() {
	faultline.WithScope(func(scope *faultline.Scope) {
		scope.SetTag("queue", "orders")
		scope.SetUser(faultline.User{ID: "42", Email: "ada@example.com"})
		scope.SetContext("order", faultline.Context{"id": 7, "total": 12.5})
		faultline.CaptureMessage("order was slow")
	})
}

func ExampleGetHubFromContext() {
	work := func(ctx context.Context) {
		// Without a hub in ctx this is the program's global hub.
		faultline.GetHubFromContext(ctx).CaptureException(errors.New("no stock"))
	}
	hub := faultline.CurrentHub().Clone()
	hub.Scope().SetTag("job", "restock")
	ctx := faultline.SetHubOnContext(context.Background(), hub)
	go func() {
		defer faultline.RecoverWithContext(ctx)
		work(ctx)
	}()
}

func ExampleClientOptions_beforeSend() {
	err := faultline.Init(faultline.ClientOptions{
		BeforeSend: func(event *faultline.Event, hint *faultline.EventHint) *faultline.Event {
			if errors.Is(hint.OriginalException, context.Canceled) {
				return nil // the user went away
			}
			delete(event.Extra, "password")
			return event
		},
	})
	if err != nil {
		slog.Warn("errors are not reported", "err", err)
	}
}

func Example_http() {
	report := faultlinehttp.New(faultlinehttp.Options{})
	http.HandleFunc("/orders", report.HandleFunc(func(w http.ResponseWriter, r *http.Request) {
		hub := faultline.GetHubFromContext(r.Context()) // the request's own
		hub.Scope().SetUser(faultline.User{ID: r.Header.Get("X-User")})
		panic("reported with the request")
	}))
	client := &http.Client{Transport: faultlinehttp.NewRoundTripper(nil)} // calls become breadcrumbs
	_ = client
}

func Example_slog() {
	text := slog.NewTextHandler(os.Stderr, nil)
	log := slog.New(faultlineslog.New(text, faultlineslog.Options{}))
	log.Info("becomes a breadcrumb")
	log.Error("becomes an event", "err", errors.New("with its chain of causes"))
}
