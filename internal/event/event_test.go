package event

import (
	"strings"
	"testing"
)

func TestIDIsReadWithAndWithoutDashes(t *testing.T) {
	f := func(in, want string, ok bool) {
		t.Helper()
		id, err := ParseID(in)
		if (err == nil) != ok {
			t.Fatalf("ParseID(%q) error = %v", in, err)
		}
		if ok && id.String() != want {
			t.Fatalf("ParseID(%q) = %s, want %s", in, id, want)
		}
	}
	const want = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	f("", "", false)
	f("fc6d8c0c43fc4630ad850ee518f1b9d", "", false)
	f("zz6d8c0c43fc4630ad850ee518f1b9d0", "", false)
	f("------------------------------------", "", false)
	f(want, want, true)
	f(strings.ToUpper(want), want, true)
	f("fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0", want, true)
}

func TestNewIDIsAVersion4UUID(t *testing.T) {
	id := NewID()
	if id[6]>>4 != 4 || id[8]>>6 != 2 {
		t.Fatalf("%s is no version 4 UUID", id)
	}
	if id == NewID() {
		t.Fatal("two ids are equal")
	}
}

func TestUserHashTellsFieldsApart(t *testing.T) {
	byID := Event{User: User{ID: "7"}}
	byName := Event{User: User{Username: "7"}}
	if byID.UserHash() == byName.UserHash() {
		t.Fatal("id and user name give one user")
	}
	if (&Event{}).UserHash() != 0 {
		t.Fatal("nobody has a hash")
	}
}

func TestLevelNamesRoundTrip(t *testing.T) {
	for l := LevelDebug; l <= LevelFatal; l++ {
		if got, ok := ParseLevel(l.String()); !ok || got != l {
			t.Fatalf("%v is read as %v", l, got)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("fc6d8c0c43fc4630ad850ee518f1b9d0")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		again, err := ParseID(id.String())
		if err != nil || again != id {
			t.Fatalf("%q: %v, %v", s, again, err)
		}
	})
}
