package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/admin/v1/adminv1connect"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/api"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/credential"
)

// office is the admin services over a SQLite store with one owner.
type office struct {
	t     *testing.T
	store *meta.Store
	run   admin.FirstRun
	url   string
	conn  *grpc.ClientConn
}

// renewed stands for the bus: it tells the checker of the same process.
type renewed struct{ checker *auth.Checker }

func (r renewed) SettingsChanged(_ context.Context, projectID uint32) error {
	r.checker.Invalidate(projectID)
	return nil
}

func newOffice(t *testing.T, baseURL string) *office {
	t.Helper()
	o := &office{t: t}
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	o.store, err = meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db"))
	ok(err)
	t.Cleanup(func() { o.store.Close() })
	ok(o.store.Migrate(ctx))
	o.run, err = admin.Bootstrap(ctx, o.store, admin.BootstrapConfig{Email: "ann@example.com", Password: "correct horse"})
	ok(err)
	checker, err := auth.NewChecker(ctx, o.store, auth.NewDirectory(o.store, auth.DefaultConfig()), auth.DefaultConfig())
	ok(err)
	signer, err := credential.LoadSigner(ctx, o.store)
	ok(err)
	admins, err := admin.New(admin.Config{
		Store: o.store, Changes: renewed{checker}, Signer: signer, BaseURL: baseURL,
		CheckQuery: func(q string) error { _, err := search.ParseEvents(q); return err },
	})
	ok(err)
	a, err := api.New(api.Options{
		Admin: admins, Sessions: auth.NewSessions(o.store, auth.DefaultConfig()), Auth: checker, Version: "v1.2.3", BaseURL: baseURL,
	})
	ok(err)
	web := httptest.NewServer(a.Handler())
	t.Cleanup(web.Close)
	o.url = web.URL

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(err)
	server := grpc.NewServer(a.ServerOptions()...)
	a.Register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() { server.Stop(); <-served })
	o.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	ok(err)
	t.Cleanup(func() { o.conn.Close() })
	return o
}

// rest calls the REST face and reads its JSON.
func (o *office) rest(client *http.Client, method, path, body, token string) (*http.Response, map[string]any) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w, err := client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		o.t.Fatalf("%s %s: %s", method, path, text)
	}
	return w, answer
}

// browser keeps cookies.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func TestSigningInOverREST(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "http://faultline.example.com")
	b := browser(t)
	if w, answer := o.rest(b, "GET", "/api/v1/session", "", ""); w.StatusCode != 200 || answer["member"] != nil || answer["organization"] != nil {
		t.Fatal(w.Status, answer)
	}
	if w, answer := o.rest(b, "POST", "/api/v1/session", `{"email":"ann@example.com","password":"wrong"}`, ""); w.StatusCode != 401 || len(w.Cookies()) != 0 {
		t.Fatal(w.Status, answer)
	}
	w, answer := o.rest(b, "POST", "/api/v1/session", `{"email":"ann@example.com","password":"correct horse"}`, "")
	if w.StatusCode != 200 || answer["version"] != "v1.2.3" || answer["baseUrl"] != "http://faultline.example.com" {
		t.Fatal(w.Status, answer)
	}
	cookies := w.Cookies()
	if len(cookies) != 1 {
		t.Fatal(cookies)
	}
	c := cookies[0]
	if c.Name != auth.SessionCookie || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || time.Until(c.Expires) < 24*time.Hour {
		t.Fatal(c)
	}
	w, answer = o.rest(b, "GET", "/api/v1/session", "", "")
	if member, _ := answer["member"].(map[string]any); w.StatusCode != 200 || member["email"] != "ann@example.com" || member["role"] != "owner" {
		t.Fatal(w.Status, answer)
	}
	if w, answer = o.rest(b, "GET", "/api/v1/projects", "", ""); w.StatusCode != 200 || len(answer["projects"].([]any)) != 1 {
		t.Fatal(w.Status, answer)
	}
	if w, answer = o.rest(b, "DELETE", "/api/v1/session", "", ""); w.StatusCode != 200 || len(w.Cookies()) != 1 || w.Cookies()[0].MaxAge >= 0 {
		t.Fatal(w.Status, answer, w.Cookies())
	}
	stolen := &http.Client{Jar: b.Jar}
	u, _ := url.Parse(o.url)
	stolen.Jar.SetCookies(u, []*http.Cookie{c})
	if w, answer = o.rest(stolen, "GET", "/api/v1/session", "", ""); w.StatusCode != 401 {
		t.Fatal("a session outlives signing out:", w.Status, answer)
	}
}

func TestSigningInOverConnect(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "https://faultline.example.com")
	ctx := t.Context()
	client := adminv1connect.NewSessionServiceClient(http.DefaultClient, o.url)
	ctx, info := connect.NewClientContext(ctx)
	session, err := client.SignIn(ctx, &adminv1.SignInRequest{Email: "Ann@example.com", Password: "correct horse"})
	if err != nil || session.Member.Email != "ann@example.com" || session.Organization.Name != "My organization" {
		t.Fatal(session, err)
	}
	c, err := http.ParseSetCookie(info.ResponseHeader().Get("Set-Cookie"))
	if err != nil || !c.Secure || !c.HttpOnly {
		t.Fatal(c, err)
	}
	ctx, info = connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Cookie", c.Name+"="+c.Value)
	if session, err = client.GetSession(ctx, &adminv1.GetSessionRequest{}); err != nil || session.Member.Role != "owner" {
		t.Fatal(session, err)
	}
	if session, err = client.GetSession(t.Context(), &adminv1.GetSessionRequest{}); err != nil || session.Organization != nil {
		t.Fatal(session, err)
	}
	ctx, info = connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Cookie", c.Name+"=wrong")
	if _, err := client.GetSession(ctx, &adminv1.GetSessionRequest{}); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Fatal(err)
	}
}

func TestThereAreNoSessionsOnTheGRPCListener(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "http://127.0.0.1:8080")
	client := adminv1.NewSessionServiceClient(o.conn)
	if _, err := client.SignIn(t.Context(), &adminv1.SignInRequest{Email: "ann@example.com", Password: "correct horse"}); status.Code(err) != codes.FailedPrecondition {
		t.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+o.run.Token)
	if session, err := client.GetSession(ctx, &adminv1.GetSessionRequest{}); err != nil || session.Member != nil || session.Organization == nil {
		t.Fatal(session, err)
	}
}

func TestGuessingPasswordsIsSlowedDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "http://127.0.0.1:8080")
	for range 10 {
		if w, answer := o.rest(http.DefaultClient, "POST", "/api/v1/session", `{"email":"ann@example.com","password":"guess"}`, ""); w.StatusCode != 401 {
			t.Fatal(w.Status, answer)
		}
	}
	if w, answer := o.rest(http.DefaultClient, "POST", "/api/v1/session", `{"email":"ann@example.com","password":"correct horse"}`, ""); w.StatusCode != 429 {
		t.Fatal(w.Status, answer)
	}
}

func TestManagingAProjectOverREST(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "http://127.0.0.1:8080")
	call := func(want int, method, path, body string) map[string]any {
		t.Helper()
		w, answer := o.rest(http.DefaultClient, method, path, body, o.run.Token)
		if w.StatusCode != want {
			t.Fatalf("%s %s: %s %v", method, path, w.Status, answer)
		}
		return answer
	}
	made := call(200, "POST", "/api/v1/projects", `{"name":"Web Shop","platform":"go"}`)
	if made["id"] != float64(2) || made["slug"] != "web-shop" || made["retentionDays"] != float64(30) || made["createdAt"] == nil {
		t.Fatal(made)
	}
	call(409, "POST", "/api/v1/projects", `{"name":"x","slug":"web-shop"}`)
	call(400, "POST", "/api/v1/projects", `{"name":""}`)
	call(404, "GET", "/api/v1/projects/99", "")
	call(200, "GET", "/api/v1/projects/2", "")

	changed := call(200, "PATCH", "/api/v1/projects/2", `{"name":"Shop","fingerprintRules":"error.type:Down -> down","stackRules":"function:main -app"}`)
	if changed["name"] != "Shop" || changed["platform"] != "go" || changed["fingerprintRules"] != "error.type:Down -> down" {
		t.Fatal(changed)
	}
	refused := call(400, "PATCH", "/api/v1/projects/2", `{"name":"Other","stackRules":"# rules\nfunction:main -ap"}`)
	if !strings.Contains(refused["message"].(string), "stack-trace rules: line 2, column 15: there is no flag") {
		t.Fatal(refused)
	}
	if now := call(200, "GET", "/api/v1/projects/2", ""); now["name"] != "Shop" || now["stackRules"] != "function:main -app" {
		t.Fatal(now)
	}
	if now := call(200, "PATCH", "/api/v1/projects/2", `{"stackRules":""}`); now["stackRules"] != "" || now["fingerprintRules"] == "" {
		t.Fatal(now)
	}
	call(404, "PATCH", "/api/v1/projects/99", `{}`)

	keys := call(200, "GET", "/api/v1/projects/2/keys", "")["keys"].([]any)
	first := keys[0].(map[string]any)
	if want := "http://" + first["id"].(string) + "@127.0.0.1:8080/2"; len(keys) != 1 || first["dsn"] != want {
		t.Fatal(keys, want)
	}
	key := call(200, "POST", "/api/v1/projects/2/keys", `{"kind":"jwt","name":"ci","ttl":"3600s"}`)
	if shape, _ := credential.Classify(key["secret"].(string)); shape != credential.APIKey || key["dsn"] != "" || key["expiresAt"] == nil {
		t.Fatal(key)
	}
	call(400, "POST", "/api/v1/projects/2/keys", `{"kind":"jwt","name":"ci","ttl":"-1s"}`)
	if revoked := call(200, "DELETE", "/api/v1/projects/2/keys/"+key["id"].(string), ""); revoked["revokedAt"] == nil || revoked["secret"] != "" {
		t.Fatal(revoked)
	}
	call(404, "DELETE", "/api/v1/projects/1/keys/"+first["id"].(string), "")

	token := call(200, "POST", "/api/v1/tokens", `{"name":"ci","scopes":["event:read"]}`)
	if w, answer := o.rest(http.DefaultClient, "POST", "/api/v1/projects", `{"name":"x"}`, token["secret"].(string)); w.StatusCode != 403 {
		t.Fatal(w.Status, answer)
	}
	if tokens := call(200, "GET", "/api/v1/tokens", "")["tokens"].([]any); len(tokens) != 2 {
		t.Fatal(tokens)
	}
	call(200, "DELETE", "/api/v1/tokens/"+token["id"].(string), "")
	if w, answer := o.rest(http.DefaultClient, "GET", "/api/v1/session", "", token["secret"].(string)); w.StatusCode != 401 {
		t.Fatal("a revoked token still works:", w.Status, answer)
	}
	if members := call(200, "GET", "/api/v1/members", "")["members"].([]any); len(members) != 1 {
		t.Fatal(members)
	}
}

func TestAlertRulesAndDeliveriesOnEveryFace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "http://127.0.0.1:8080")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+o.run.Token)
	client := adminv1.NewAlertServiceClient(o.conn)
	list, err := client.ListRules(ctx, &adminv1.ListRulesRequest{ProjectId: 1})
	if err != nil || len(list.Rules) != 2 || list.Rules[0].Name != "Fatal or unhandled" || list.Rules[0].Throttle.AsDuration() != 30*time.Minute {
		t.Fatal(list, err)
	}
	made, err := client.CreateRule(ctx, &adminv1.CreateRuleRequest{ProjectId: 1, Rule: &adminv1.Rule{
		Name: "Payments", Enabled: true, Triggers: []string{"regression"}, Emails: []string{"pay@example.com"}, Throttle: durationpb.New(time.Hour),
	}})
	if err != nil || made.Id == "" || made.ProjectId != 1 {
		t.Fatal(made, err)
	}
	for _, bad := range []*adminv1.Rule{
		nil,
		{Name: "x", Triggers: []string{"event"}, Emails: []string{"a@example.com"}, Query: "level:"},
		{Name: "x", Triggers: []string{"event"}, Emails: []string{"a@example.com"}, Throttle: &durationpb.Duration{Seconds: 1, Nanos: -1}},
	} {
		if _, err := client.CreateRule(ctx, &adminv1.CreateRuleRequest{ProjectId: 1, Rule: bad}); status.Code(err) != codes.InvalidArgument {
			t.Fatal(err)
		}
	}
	body := `{"name":"Money","enabled":false,"triggers":["regression"],"emails":["pay@example.com"]}`
	if w, answer := o.rest(http.DefaultClient, "PUT", "/api/v1/projects/1/rules/"+made.Id, body, o.run.Token); w.StatusCode != 200 || answer["name"] != "Money" || answer["id"] != made.Id || answer["throttle"] != "0s" {
		t.Fatal(w.Status, answer)
	}
	if w, answer := o.rest(http.DefaultClient, "DELETE", "/api/v1/projects/1/rules/"+made.Id, "", o.run.Token); w.StatusCode != 200 {
		t.Fatal(w.Status, answer)
	}

	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	id := issue.ID{ProjectID: 1, Fingerprint: event.Fingerprint{7}}
	if _, err := o.store.AddDelivery(ctx, rule.Delivery{
		ID: "d", ProjectID: 1, RuleID: "r", RuleName: "Fatal", IssueID: id, Event: event.Summary{Title: "<script>"}, Channel: "email", Recipient: "ann@example.com",
		Status: rule.Sent, Attempts: 1, CreatedAt: received, EventReceivedAt: received, SentAt: received.Add(1500 * time.Millisecond),
	}); err != nil {
		t.Fatal(err)
	}
	w, answer := o.rest(http.DefaultClient, "GET", "/api/v1/projects/1/deliveries?issue_id="+id.String()+"&status=sent", "", o.run.Token)
	all, _ := answer["deliveries"].([]any)
	if w.StatusCode != 200 || len(all) != 1 {
		t.Fatal(w.Status, answer)
	}
	if d := all[0].(map[string]any); d["latency"] != "1.500s" || d["issueId"] != id.String() || d["issueTitle"] != "<script>" || d["status"] != "sent" {
		t.Fatal(d)
	}
	for _, query := range []string{"issue_id=nonsense", "status=lost", "page_size=-1"} {
		if w, answer := o.rest(http.DefaultClient, "GET", "/api/v1/projects/1/deliveries?"+query, "", o.run.Token); w.StatusCode != 400 {
			t.Fatal(query, w.Status, answer)
		}
	}
}
