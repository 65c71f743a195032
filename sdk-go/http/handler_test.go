package faultlinehttp

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/faultlinetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs one request through the handler with a recording hub.
func serve(t *testing.T, options Options, request *http.Request, handler http.HandlerFunc) (*httptest.ResponseRecorder, *faultlinetest.Transport) {
	t.Helper()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	request = request.WithContext(faultline.SetHubOnContext(request.Context(), hub))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", New(options).HandleFunc(handler))
	response := httptest.NewRecorder()
	mux.ServeHTTP(response, request)
	if hub.Scope().Trace() != (faultline.Trace{}) {
		t.Error("the request changed the scope of its server")
	}
	return response, sent
}

func post(body string) *http.Request {
	r := httptest.NewRequest("POST", "/orders/7?debug=1", strings.NewReader(body))
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	return r
}

func TestAPanicIsReportedWithItsRequest(t *testing.T) {
	t.Parallel()
	response, sent := serve(t, Options{MaxBody: 5}, post("0123456789"), func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		panic("boom")
	})
	if response.Code != http.StatusInternalServerError {
		t.Errorf("answered %d", response.Code)
	}
	e := sent.Last()
	if e.Exception[0].Value != "boom" || *e.Exception[0].Mechanism.Handled || e.Transaction != "POST /orders/{id}" {
		t.Errorf("event: %+v in %q", e.Exception, e.Transaction)
	}
	if e.Request.QueryString != "debug=1" || e.Request.Data != "01234" {
		t.Errorf("request: %+v", e.Request)
	}
	if e.Trace.TraceID[0] != 0x0a || e.Trace.ParentSpanID[0] != 0xb7 {
		t.Errorf("trace: %+v", e.Trace)
	}
	if len(e.Sdk.Integrations) != 1 || e.Sdk.Integrations[0] != "net/http" {
		t.Errorf("integrations: %v", e.Sdk.Integrations)
	}
}

func TestRepanic(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() != "boom" {
			t.Error("the panic ended in the handler")
		}
	}()
	serve(t, Options{Repanic: true, WaitForDelivery: true}, post(""), func(http.ResponseWriter, *http.Request) { panic("boom") })
}

func TestAbortingIsNoFault(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("panicked with %v", err)
		}
		if sent.Last() != nil {
			t.Error("reported")
		}
	}()
	r := post("")
	New(Options{}).HandleFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })(
		httptest.NewRecorder(), r.WithContext(faultline.SetHubOnContext(r.Context(), hub)))
}

func TestAnAnswerThatHasBegunIsCutOff(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	handler := New(Options{}).HandleFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("boom")
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(w, r.WithContext(faultline.SetHubOnContext(r.Context(), hub)))
	}))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("the answer looks complete")
	}
	if sent.Last() == nil {
		t.Error("not reported")
	}
}

func TestScopesOfRequestsAreApart(t *testing.T) {
	t.Parallel()
	_, sent := serve(t, Options{}, post(""), func(w http.ResponseWriter, r *http.Request) {
		hub := faultline.GetHubFromContext(r.Context())
		hub.Scope().SetTag("request", "yes")
		hub.CaptureMessage("inside")
		w.WriteHeader(http.StatusNoContent)
	})
	if e := sent.Last(); e.Tags["request"] != "yes" || e.Request == nil {
		t.Errorf("event: %+v", e)
	}
}

func TestOutgoingRequestsAreBreadcrumbs(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	client := &http.Client{Transport: NewRoundTripper(server.Client().Transport)}
	f := func(url string) {
		r, err := http.NewRequestWithContext(faultline.SetHubOnContext(t.Context(), hub), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := client.Do(r); err == nil {
			response.Body.Close()
		}
	}
	f(strings.Replace(server.URL, "http://", "http://user:secret@", 1) + "/path?token=secret")
	server.Close()
	f(server.URL)
	hub.CaptureMessage("m")
	crumbs := sent.Last().Breadcrumbs
	if len(crumbs) != 2 {
		t.Fatalf("%d breadcrumbs", len(crumbs))
	}
	if d := crumbs[0].Data; d["url"] != server.URL+"/path" || d["status_code"] != 503.0 || crumbs[0].Level != faultline.LevelError {
		t.Errorf("breadcrumb: %+v", crumbs[0])
	}
	if crumbs[1].Data["error"] == nil {
		t.Errorf("breadcrumb: %+v", crumbs[1])
	}
}
