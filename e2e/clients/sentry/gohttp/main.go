// A shop on the web, watched by sentry-go's handler for net/http.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
	sentryhttp "github.com/getsentry/sentry-go/http"
)

var seen map[string]int

func remember(shop string) {
	seen[shop] = 1 // nobody made the map
}

func placeOrder(_ http.ResponseWriter, r *http.Request) {
	hub := sentry.GetHubFromContext(r.Context())
	hub.Scope().SetUser(sentry.User{ID: "7"})
	hub.Scope().SetTag("shop", r.URL.Query().Get("shop"))
	remember(r.URL.Query().Get("shop"))
}

func stock(w http.ResponseWriter, r *http.Request) {
	hub := sentry.GetHubFromContext(r.Context())
	hub.Scope().SetTag("shop", "munich")
	hub.CaptureException(errors.New("lamps are sold out"))
	w.WriteHeader(http.StatusGone)
}

func main() {
	err := sentry.Init(sentry.ClientOptions{Dsn: os.Getenv("SENTRY_DSN"), Release: "shop@1.2.3", Environment: "staging", AttachStacktrace: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{number}", placeOrder)
	mux.HandleFunc("GET /stock", stock)
	s := httptest.NewServer(sentryhttp.New(sentryhttp.Options{}).Handle(mux))
	for _, call := range []struct{ method, path string }{{"POST", "/orders/4711?shop=berlin"}, {"GET", "/stock"}} {
		r, err := http.NewRequest(call.method, s.URL+call.path, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		w.Body.Close()
	}
	s.Close()
	json.NewEncoder(os.Stdout).Encode(map[string]string{"version": sentry.SDKVersion})
	if !sentry.Flush(20 * time.Second) {
		os.Exit(1)
	}
}
