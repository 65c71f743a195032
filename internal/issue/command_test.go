package issue

import (
	"errors"
	"testing"
	"time"
)

func TestCommandsChangeWhatIsAskedAndWriteItDown(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	old := Record{FirstSeen: now.Add(-30 * 24 * time.Hour), State: State{Status: Unresolved, Substatus: SubRegressed, Reason: ReasonRegressed, Since: now.Add(-time.Hour)}}
	young := old
	young.FirstSeen = now.Add(-time.Hour)
	resolved := old
	resolved.State = State{Status: Resolved, Reason: ReasonByUser, Since: now, Release: "1.2"}
	archived := old
	archived.State = State{Status: Archived, Reason: ReasonByUser, Since: now}

	f := func(before Record, to Status, state State, kind ActivityKind, detail string) {
		t.Helper()
		after, activities, err := Command{Actor: "ada@example.com", Now: now}.SetStatus(before, to, "1.2")
		if err != nil || after.State != state {
			t.Fatalf("%s to %s: %+v, %v", before.State.Status, to, after.State, err)
		}
		if kind == "" {
			if len(activities) != 0 || after != before {
				t.Fatalf("%s to %s writes %v", before.State.Status, to, activities)
			}
			return
		}
		want := Activity{Time: now, Actor: "ada@example.com", Kind: kind, Detail: detail}
		if len(activities) != 1 || activities[0] != want || !after.UpdatedAt.Equal(now) {
			t.Fatalf("%s to %s writes %v, updated %v", before.State.Status, to, activities, after.UpdatedAt)
		}
	}
	f(old, Unresolved, old.State, "", "")
	f(resolved, Resolved, resolved.State, "", "")
	f(archived, Archived, archived.State, "", "")
	f(old, Resolved, resolved.State, ActivityResolved, "1.2")
	f(archived, Resolved, resolved.State, ActivityResolved, "1.2")
	f(old, Archived, archived.State, ActivityArchived, "")
	f(resolved, Unresolved, State{Status: Unresolved, Substatus: SubOngoing, Reason: ReasonByUser, Since: now}, ActivityUnresolved, "")
	young.State = resolved.State
	f(young, Unresolved, State{Status: Unresolved, Substatus: SubNew, Reason: ReasonByUser, Since: now}, ActivityUnresolved, "")

	if _, _, err := (Command{}).SetStatus(old, "gone", ""); !errors.Is(err, ErrStatus) {
		t.Fatal(err)
	}
}

func TestAssigning(t *testing.T) {
	c := Command{Actor: "ada@example.com", Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	f := func(before, email string, kind ActivityKind, detail string) {
		t.Helper()
		after, activities := c.Assign(Record{Assignee: before}, email)
		if after.Assignee != email {
			t.Fatalf("%q to %q: %q", before, email, after.Assignee)
		}
		if kind == "" && len(activities) == 0 {
			return
		}
		if len(activities) != 1 || activities[0].Kind != kind || activities[0].Detail != detail {
			t.Fatalf("%q to %q writes %v", before, email, activities)
		}
	}
	f("", "", "", "")
	f("a@b.c", "a@b.c", "", "")
	f("", "a@b.c", ActivityAssigned, "a@b.c")
	f("a@b.c", "d@e.f", ActivityAssigned, "d@e.f")
	f("a@b.c", "", ActivityUnassigned, "a@b.c")
}
