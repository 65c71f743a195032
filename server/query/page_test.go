package query

import (
	"errors"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestATokenBelongsToItsQuestion(t *testing.T) {
	at := time.Date(2026, 3, 10, 12, 0, 0, 123e6, time.UTC)
	want := position{end: at, offset: 50, before: view.Cursor{Timestamp: at.Add(-time.Hour), EventID: event.ID{1, 2, 3}}}
	token := want.token(question("issues", uint32(7)))
	got, found, err := Page{Token: token}.position(question("issues", uint32(7)))
	if err != nil || !found || got != want {
		t.Fatalf("%+v, %v, %v", got, found, err)
	}
	if _, _, err := (Page{Token: token}).position(question("issues", uint32(8))); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
	if question("a", "b c") == question("a b", "c") {
		t.Fatal("two questions have one name")
	}
}

func TestDeepPagesAreRefused(t *testing.T) {
	token := position{offset: maxOffset + 1}.token("q")
	if _, _, err := (Page{Token: token}).position("q"); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
}

func FuzzToken(f *testing.F) {
	f.Add(position{end: time.UnixMilli(1), offset: 7}.token("q"))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		pos, found, err := Page{Token: token}.position("q")
		if err != nil {
			if !errors.Is(err, project.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if found && pos.token("q") != token {
			t.Fatalf("%q reads as another token's position", token)
		}
	})
}
