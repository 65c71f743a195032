package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/api"
	"github.com/faultline-dev/faultline/server/attach"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/credential"
	"github.com/faultline-dev/faultline/server/query"
	"github.com/faultline-dev/faultline/server/triage"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// fixture is an API over a real engine, a relational store and a bus, on an
// HTTP and a gRPC listener.
type fixture struct {
	t       *testing.T
	store   *clickhouse.Store
	meta    *meta.Store
	bus     *bus.Bus
	web     project.Project
	token   string // every scope
	viewer  string // reads only
	session string // Cookie header of a member
	url     string // of the HTTP listener
	conn    *grpc.ClientConn
	files   *attach.Service
	log     *lines
}

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text += string(p)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	t.Parallel()
	f := &fixture{t: t, log: &lines{}}
	f.openStores()
	f.fill()
	f.serve()
	return f
}

func (f *fixture) check(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) openStores() {
	t, ctx := f.t, f.t.Context()
	db := enginetest.Start(t)
	cfg := clickhouse.DefaultConfig()
	cfg.Address, cfg.Secret, cfg.Database = db.Addr, db.Secret, db.Name
	f.store = must[*clickhouse.Store](t)(clickhouse.Open(ctx, cfg))
	t.Cleanup(func() { f.store.Close() })
	f.check(f.store.Migrate(ctx))
	f.meta = must[*meta.Store](t)(meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db")))
	t.Cleanup(func() { f.meta.Close() })
	f.check(f.meta.Migrate(ctx))
	_, conn := natstest.Start(t)
	f.bus = must[*bus.Bus](t)(bus.Open(ctx, conn, bus.DefaultConfig()))
	t.Cleanup(func() { f.bus.Close() })
}

func (f *fixture) fill() {
	t, ctx := f.t, f.t.Context()
	for _, id := range []string{"acme", "other"} {
		_, err := f.meta.EnsureOrganization(ctx, project.Organization{ID: id, Name: id})
		f.check(err)
	}
	f.web = must[project.Project](t)(f.meta.CreateProject(ctx, project.Project{OrganizationID: "acme", Slug: "web", Name: "Web", Settings: project.DefaultSettings()}))
	must[project.Project](t)(f.meta.CreateProject(ctx, project.Project{OrganizationID: "other", Slug: "web", Name: "Web", Settings: project.DefaultSettings()}))
	member := must[project.Member](t)(f.meta.CreateMember(ctx, project.Member{OrganizationID: "acme", Email: "ada@example.com", Role: project.RoleOwner}))
	f.token = f.newToken(project.Scopes())
	f.viewer = f.newToken(project.RoleViewer.Scopes())
	secret := credential.NewSession()
	f.check(f.meta.CreateSession(ctx, project.Session{SecretHash: credential.Hash(secret), MemberID: member.ID, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}))
	f.session = auth.SessionCookie + "=" + secret
}

func (f *fixture) newToken(scopes []project.Scope) string {
	secret := credential.NewToken()
	f.check(f.meta.CreateToken(f.t.Context(), project.Token{
		ID: credential.NewID(), OrganizationID: "acme", Name: "test", Scopes: scopes, SecretHash: credential.Hash(secret), CreatedAt: time.Now(),
	}))
	return secret
}

func (f *fixture) serve() {
	t, ctx := f.t, f.t.Context()
	log := slog.New(slog.NewTextHandler(f.log, nil))
	checker := must[*auth.Checker](t)(auth.NewChecker(ctx, f.meta, auth.NewDirectory(f.meta, auth.DefaultConfig()), auth.DefaultConfig()))
	flusher := must[*triage.Service](t)(triage.New(triage.DefaultConfig(), triage.Parts{
		Incoming: f.bus, Announcer: f.bus, Workflow: f.meta, Outbox: f.meta, Projects: f.meta, Mirror: f.store, Stored: f.store, Logger: log,
	}))
	f.files = must[*attach.Service](t)(attach.New(attach.DefaultConfig(), attach.Parts{Index: f.meta, Content: folder{disk.New(t.TempDir())}, Projects: f.meta, Logger: log}))
	a := must[*api.API](t)(api.New(api.Options{
		Auth: checker, Log: log,
		Query: query.New(query.Parts{Events: f.store, Issues: f.meta, Tail: f.bus, Flush: flusher, Announce: f.bus, Attachments: f.files, Log: log}),
	}))

	web := httptest.NewUnstartedServer(a.Handler())
	web.Config.Protocols = &http.Protocols{}
	web.Config.Protocols.SetHTTP1(true)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	t.Cleanup(web.Close)
	f.url = web.URL

	server := grpc.NewServer(a.ServerOptions()...)
	a.Register(server)
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	f.conn = must[*grpc.ClientConn](t)(grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())))
	t.Cleanup(func() { f.conn.Close() })
}

// store3 puts three events of two issues into the store: two of fingerprint 1,
// one of fingerprint 2. The times are whole seconds in the past.
func (f *fixture) store3() (first issue.ID, at time.Time) {
	at = time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	var batch []*event.Occurrence
	for n, fp := range []byte{1, 1, 2} {
		batch = append(batch, &event.Occurrence{
			ProjectID: f.web.ID, ReceivedAt: at, RetentionDays: 30, Fingerprint: event.Fingerprint{fp},
			Title: fmt.Sprintf("Error %d: it broke", fp), Culprit: "checkout",
			Parts: []event.Part{{Kind: "exception_type", Value: "Error", Source: "exceptions[0].type"}},
			Event: &event.Event{
				ID: event.ID{byte(n + 1)}, Timestamp: at.Add(time.Duration(n) * time.Second), Level: event.LevelError, Platform: "go",
				Release: "web@1.2." + fmt.Sprint(n), Environment: "production", Transaction: "POST /checkout",
				Exceptions: []event.Exception{{Type: "Error", Value: "it broke", Stack: event.Stacktrace{Frames: []event.Frame{{Function: "pay", Module: "shop", Line: 7}}}}},
				Tags:       []event.Tag{{Key: "browser", Value: "Firefox"}}, User: event.User{Email: "eve@example.com"},
			},
		})
	}
	f.check(f.store.Insert(f.t.Context(), "block-1", batch))
	return issue.ID{ProjectID: f.web.ID, Fingerprint: event.Fingerprint{1}}, at
}

// storeOther puts three events of one issue into another project of the organization.
func (f *fixture) storeOther(at time.Time) {
	other := must[project.Project](f.t)(f.meta.CreateProject(f.t.Context(), project.Project{OrganizationID: "acme", Slug: "api", Name: "API", Settings: project.DefaultSettings()}))
	var batch []*event.Occurrence
	for n := range 3 {
		batch = append(batch, &event.Occurrence{
			ProjectID: other.ID, ReceivedAt: at, RetentionDays: 30, Fingerprint: event.Fingerprint{1}, Title: "Error: elsewhere", Culprit: "api",
			Event: &event.Event{ID: event.ID{1, byte(n)}, Timestamp: at.Add(time.Duration(n) * time.Second), Level: event.LevelError, Platform: "go"},
		})
	}
	f.check(f.store.Insert(f.t.Context(), "block-other", batch))
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
