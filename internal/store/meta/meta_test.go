package meta_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/store/meta/pgtest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "meta data?.db") })
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	t.Run("suite", func(t *testing.T) {
		suite(t, func(t *testing.T) string { return server.Database(t) })
	})
}

// suite is what every engine must pass; dsn names an empty store.
func suite(t *testing.T, dsn func(*testing.T) string) {
	empty := func(t *testing.T) *meta.Store {
		t.Helper()
		return open(t, dsn(t))
	}
	filled := func(t *testing.T) *meta.Store {
		t.Helper()
		s := empty(t)
		fill(t, s)
		return s
	}
	for name, f := range map[string]func(*testing.T, *meta.Store){
		"projects":                               testProjects,
		"members":                                testMembers,
		"sessions":                               testSessions,
		"keys":                                   testKeys,
		"tokens":                                 testTokens,
		"secrets are stored once":                testSecrets,
		"an issue is made once":                  testEnsureIssue,
		"issues are found":                       testFindIssues,
		"a change is written with its history":   testChangeIssue,
		"a change of several is all or none":     testChangeIssues,
		"hostile text is stored":                 testHostileText,
		"the watch list":                         testWatchList,
		"merges":                                 testMerge,
		"regroupings":                            testRegroup,
		"undoing keeps rules of later":           testUndoKeepsLaterRules,
		"stored events that are to be moved":     testTorn,
		"the outbox":                             testOutbox,
		"rules":                                  testRules,
		"deliveries":                             testDeliveries,
		"artifacts":                              testArtifacts,
		"repairs":                                testRepairs,
		"releases":                               testReleases,
		"attachments":                            testAttachments,
		"attachments of a day":                   testAttachmentDays,
		"one issue from fifty at once":           testEnsureSameAtOnce,
		"fifty issues at once":                   testEnsureDifferentAtOnce,
		"issues at once share no fate":           testEnsureWithOthers,
		"changes of one issue do not overlap":    testChangeAtOnce,
		"changes of several wait in no circle":   testChangeManyAtOnce,
		"merges at once make no circle":          testMergeAtOnce,
		"projects made at once get their own id": testProjectsAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, filled(t))
		})
	}
	t.Run("a first start happens once", func(t *testing.T) {
		t.Parallel()
		testProvision(t, empty(t))
	})
	t.Run("migrations run again, and at once", func(t *testing.T) {
		t.Parallel()
		testMigrateAgain(t, dsn(t))
	})
}

const orgID = "acme"

var (
	at  = time.Date(2026, 11, 22, 10, 30, 0, 123456000, time.UTC)
	web = project.Project{ID: 7, OrganizationID: orgID, Slug: "web", Name: "Web", Platform: "go", CreatedAt: at, Settings: project.DefaultSettings(), Version: 1}
	app = project.Project{ID: 9, OrganizationID: orgID, Slug: "app", Name: "App", CreatedAt: at, Settings: project.DefaultSettings(), Version: 1}
)

func open(t *testing.T, dsn string) *meta.Store {
	t.Helper()
	s, err := meta.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// fill adds one organization with two projects.
func fill(t *testing.T, s *meta.Store) {
	t.Helper()
	if _, err := s.EnsureOrganization(t.Context(), project.Organization{ID: orgID, Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []project.Project{web, app} {
		if _, err := s.CreateProject(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
}

func fp(n int) event.Fingerprint {
	f, err := event.ParseFingerprint(fmt.Sprintf("%032x", n))
	if err != nil {
		panic(err)
	}
	return f
}

func webIssue(n int) issue.ID { return issue.ID{ProjectID: web.ID, Fingerprint: fp(n)} }

func record(id issue.ID) issue.Record {
	return issue.Record{
		ID:    id,
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew, Reason: issue.ReasonFirstSeen, Since: at},
		Title: "*errors.errorString: no such order", Culprit: "main.pay", Level: "error", Platform: "go", FirstRelease: "1.0",
		FirstSeen: at, UpdatedAt: at,
	}
}

func ensure(t *testing.T, s *meta.Store, id issue.ID) issue.Record {
	t.Helper()
	rec, _, err := s.EnsureIssue(t.Context(), record(id))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}
