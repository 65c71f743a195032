// A shop that goes wrong, watched by sentry-go.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

type orderError struct {
	number int
	cause  error
}

func (e *orderError) Error() string { return fmt.Sprintf("order %d cannot be placed", e.number) }
func (e *orderError) Unwrap() error { return e.cause }

func chargeCard(number int) sentry.EventID {
	err := &orderError{number, errors.New("no card")}
	return *sentry.CaptureException(err)
}

func placeOrder(number int) sentry.EventID { return chargeCard(number) }

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn: os.Getenv("SENTRY_DSN"), Release: "shop@1.2.3", Environment: "staging", ServerName: "web-1", AttachStacktrace: true,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sentry.ConfigureScope(func(s *sentry.Scope) {
		s.SetUser(sentry.User{ID: "7", Email: "ada@example.com", Username: "ada"})
		s.SetTag("shop", "berlin")
		s.SetContext("order", sentry.Context{"id": 4711, "items": []string{"book", "lamp"}})
		s.SetLevel(sentry.LevelError)
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "cart", Message: "added a lamp", Level: sentry.LevelInfo, Data: map[string]any{"price": 12}})
	var ids []string // first order, message, second order, group
	ids = append(ids, string(placeOrder(4711)))
	sentry.WithScope(func(s *sentry.Scope) {
		s.SetLevel(sentry.LevelWarning)
		ids = append(ids, string(*sentry.CaptureMessage("stock is low: 3 left")))
	})
	ids = append(ids, string(placeOrder(4712)))
	ids = append(ids, string(*sentry.CaptureException(errors.Join(errors.New("first member"), errors.New("second member")))))
	json.NewEncoder(os.Stdout).Encode(map[string]any{"ids": ids, "version": sentry.SDKVersion})
	if !sentry.Flush(20 * time.Second) {
		os.Exit(1)
	}
}
