package api_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/api"
	"github.com/faultline-dev/faultline/server/query"
)

// everybody lets everybody do everything.
type everybody struct{}

// API implements api.Authenticator.
func (everybody) API(context.Context, string, string) (project.Access, error) {
	return project.Access{OrganizationID: "acme", Scopes: project.Scopes()}, nil
}

func TestAPanicBecomesAnErrorWithTheRequestsID(t *testing.T) {
	t.Parallel()
	log := &lines{}
	a, err := api.New(api.Options{ // a service without its stores panics at the first call
		Auth: everybody{}, Query: query.New(query.Parts{}), Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(a.Handler())
	t.Cleanup(web.Close)
	f := func(verb, path, kind string) {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), verb, web.URL+path, strings.NewReader(`{"projectId": 7}`))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("X-Request-Id", "req-8")
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		body, _ := io.ReadAll(w.Body)
		if w.StatusCode != 500 || !strings.Contains(string(body), "internal error; request req-8") {
			t.Fatalf("%s: %d %s", path, w.StatusCode, body)
		}
	}
	f("GET", "/api/v1/projects/7/issues", "")
	f("POST", service+"ListIssues", "application/json")

	server := grpc.NewServer(a.ServerOptions()...)
	a.Register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, err = queryv1.NewQueryServiceClient(conn).ListIssues(t.Context(), &queryv1.ListIssuesRequest{ProjectId: 7})
	if st := status.Convert(err); st.Code() != codes.Internal || !strings.Contains(st.Message(), "internal error; request ") {
		t.Fatal(err)
	}
	if strings.Count(log.String(), "panic") < 3 {
		t.Fatalf("the log holds %q", log)
	}
}
