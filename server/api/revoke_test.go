package api

import (
	"context"
	"errors"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
)

func TestACallThatLastsEndsWithItsCredential(t *testing.T) {
	granted := project.Access{OrganizationID: "acme", Scopes: []project.Scope{project.ScopeEventRead}}
	f := func(now project.Access, err, want error) {
		t.Helper()
		ctx := withRequest(t.Context(), &request{access: granted, check: func(context.Context) (project.Access, error) { return now, err }})
		if got := stillMay(ctx); !errors.Is(got, want) {
			t.Fatalf("%+v, %v: %v", now, err, got)
		}
	}
	f(project.Access{}, project.ErrUnauthenticated, project.ErrUnauthenticated)
	f(project.Access{OrganizationID: "other", Scopes: granted.Scopes}, nil, project.ErrForbidden)
	f(project.Access{OrganizationID: "acme"}, nil, project.ErrForbidden)
	f(granted, nil, nil)
	f(project.Access{}, errors.New("the store is away"), nil)
}
