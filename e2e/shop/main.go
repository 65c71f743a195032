// Command shop is a small program that goes wrong, for looking at what the Go SDK
// reports: `shop panic` panics in a nested call, `shop wrap` reports a wrapped
// error, `shop serve` answers one request that fails. FAULTLINE_DSN says where to.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	faultlinehttp "github.com/faultline-dev/faultline/sdk-go/http"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: shop panic | wrap [N] | serve")
	}
	err := faultline.Init(faultline.ClientOptions{Release: "shop@1.4.2", Environment: "production", Repanic: true, SourceRoot: os.Getenv("SHOP_SOURCE")})
	if err != nil {
		return err
	}
	defer faultline.Close()
	faultline.ConfigureScope(func(s *faultline.Scope) {
		s.SetUser(faultline.User{ID: "4711", Email: "ada@example.com"})
		s.SetTag("region", "eu-central-1")
		s.SetContext("cart", map[string]any{"items": 3, "currency": "EUR", "card_token": "tok_4242"})
	})
	switch args[0] {
	case "panic":
		defer faultline.Recover()
		checkout(order{id: 7})
	case "wrap":
		n := 1
		if len(args) > 1 {
			if n, err = strconv.Atoi(args[1]); err != nil {
				return err
			}
		}
		for i := range n {
			faultline.CaptureException(placeOrder(i))
		}
	case "serve":
		serve()
	default:
		return fmt.Errorf("unknown command %q", args[0])
	}
	if !faultline.Flush(30 * time.Second) {
		return errors.New("not everything was stored within 30 s")
	}
	return nil
}

type order struct {
	id    int
	lines []int
}

func checkout(o order) { charge(o) }

func charge(o order) {
	faultline.AddBreadcrumb(&faultline.Breadcrumb{Category: "cart", Message: "checkout of order " + strconv.Itoa(o.id)})
	fmt.Println(total(o.lines))
}

func total(lines []int) int { return lines[3] * lines[0] }

func placeOrder(id int) error {
	if err := loadStock(id); err != nil {
		return fmt.Errorf("place order %d: %w", id, err)
	}
	return nil
}

func loadStock(id int) error {
	_, err := os.Open("/nowhere/stock-" + strconv.Itoa(id%3) + ".db")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("load stock: %w", err)
	}
	return err
}

func serve() {
	handler := faultlinehttp.New(faultlinehttp.Options{}).Handle(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		faultline.GetHubFromContext(r.Context()).CaptureException(placeOrder(1))
		w.WriteHeader(http.StatusInternalServerError)
	}))
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/orders?token=secret-4711&page=2", nil)
	r.Header.Set("Authorization", "Bearer abcdefghijklmnop")
	handler.ServeHTTP(httptest.NewRecorder(), r)
}
