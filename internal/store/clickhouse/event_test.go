package clickhouse

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestEventComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	full := fullEvent()
	requireEveryField(t, reflect.ValueOf(*full), "occurrence")
	bare := &event.Occurrence{ProjectID: 1, ReceivedAt: noon, RetentionDays: 1, Event: &event.Event{ID: event.NewID(), Timestamp: noon}}
	if err := s.Insert(t.Context(), "a", []*event.Occurrence{full, bare}); err != nil {
		t.Fatal(err)
	}
	requireSame(t, s, full)
	requireSame(t, s, bare)
	if _, found, err := s.Event(t.Context(), 2, full.Event.ID); err != nil || found {
		t.Errorf("another project sees the event: %v %v", found, err)
	}
}

func TestTheDriversBatchStoresTheSame(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.http = false // the way of native TCP, for which there is no server here
	want := append(typicalEvents(20, 5), fullEvent())
	if err := s.Insert(t.Context(), "a", want); err != nil {
		t.Fatal(err)
	}
	for _, o := range want {
		requireSame(t, s, o)
	}
}

func TestFramesOfNeighbouringRowsStayApart(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	var all []*event.Occurrence
	for i := range 6 {
		o := fullEvent()
		o.Event.Timestamp = o.Event.Timestamp.Add(time.Duration(i) * time.Second)
		frames := o.Event.Exceptions[0].Stack.Frames
		switch i {
		case 2:
			frames[1].ContextLine = "another line"
		case 3:
			frames[1].PostContext = nil
		case 4:
			o.Event.Exceptions[0].Stack.Frames = frames[1:]
		}
		all = append(all, o)
	}
	if err := s.Insert(t.Context(), "a", all); err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		requireSame(t, s, o)
	}
}

func TestSharedStacksComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	share := func(o *event.Occurrence, exception int, number uint64) *event.Stacktrace {
		st := &o.Event.Exceptions[exception].Stack
		st.Shared = number
		return st
	}
	var all []*event.Occurrence
	for i := range 9 {
		o := fullEvent()
		o.Event.Timestamp = o.Event.Timestamp.Add(time.Duration(i) * time.Second)
		switch i {
		case 0, 1, 2: // the very same
			share(o, 0, 7)
		case 3: // another stack
			share(o, 0, 8).Frames[0].Function = "elsewhere"
		case 4: // one of its own between two that are shared
			o.Event.Exceptions[0].Stack.Frames[0].Line++
		case 5, 6:
			share(o, 0, 7)
		case 7: // no frames at all
			o.Event.Exceptions[0].Stack.Frames = nil
		case 8:
			o.Event.Exceptions[0].Stack.Frames = nil
		}
		for j := 1; j < len(o.Event.Exceptions); j++ {
			share(o, j, uint64(100+j))
		}
		all = append(all, o)
	}
	if err := s.Insert(t.Context(), "a", all); err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		requireSame(t, s, o)
	}
}

func TestAnyEventComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		o := anyOccurrence(r)
		n++
		if err := s.Insert(t.Context(), o.Event.ID.String(), []*event.Occurrence{o}); err != nil {
			r.Fatal(err)
		}
		got, found, err := s.Event(t.Context(), o.ProjectID, o.Event.ID)
		if err != nil || !found {
			r.Fatalf("found %v, error %v", found, err)
		}
		if diff := cmp.Diff(o, got, notShared); diff != "" {
			r.Fatalf("stored (-) and read (+):\n%s", diff)
		}
	})
}

// anyOccurrence draws an occurrence with every field drawn by its type.
func anyOccurrence(r *rapid.T) *event.Occurrence {
	e := &event.Event{}
	draw(r, reflect.ValueOf(e).Elem())
	e.ID, e.Timestamp, e.Level = event.NewID(), noon.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(r, "ns"))), event.Level(rapid.IntRange(0, 5).Draw(r, "level"))
	o := &event.Occurrence{ProjectID: rapid.Uint32().Draw(r, "project"), ReceivedAt: noon, RetentionDays: 90, Event: e, Fingerprint: event.Fingerprint(event.NewID())}
	draw(r, reflect.ValueOf(&o.Parts).Elem())
	o.Title, o.Culprit = anyText.Draw(r, "title"), anyText.Draw(r, "culprit")
	return o
}

// anyText draws texts with what could break a format or a statement.
var anyText = rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom(nasty))

var nasty = []string{
	"'", `"`, "`", `\`, `\'`, "\x00", "a\x00b", "\n", "\t\r\n", "\x1b", "\x1bn\x1be", "\xff\xfe", "{p1:String}", "') OR 1=1 --", "'; DROP TABLE events; --",
	"%", "_", "$1", "?", "é", "日本", strings.Repeat("x", 300), "\\N", "NULL", "{{cluster}}",
}

// draw fills a value by its type.
func draw(r *rapid.T, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if rapid.Bool().Draw(r, "told") {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(1, 9e9).Draw(r, "s"), rapid.Int64Range(0, 999999999).Draw(r, "ns")).UTC()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Shared" { // drawn frames are nobody else's
				draw(r, v.Field(i))
			}
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 2).Draw(r, "n"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			draw(r, v.Index(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(r, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(r, v.Elem())
		}
	case reflect.String:
		v.SetString(anyText.Draw(r, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(r, "flag"))
	case reflect.Int:
		v.SetInt(int64(rapid.Int32().Draw(r, "n")))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Uint8().Draw(r, "n")))
	case reflect.Uint32:
		v.SetUint(uint64(rapid.Uint32().Draw(r, "n")))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(r, "n"))
	default:
		r.Fatalf("nothing is drawn for %s", v.Type())
	}
}

// notShared leaves out what means nothing once an event is stored.
var notShared = cmpopts.IgnoreFields(event.Stacktrace{}, "Shared")

// requireSame fails unless an event is read as it was inserted.
func requireSame(t *testing.T, s *Store, want *event.Occurrence) {
	t.Helper()
	got, found, err := s.Event(t.Context(), want.ProjectID, want.Event.ID)
	if err != nil || !found {
		t.Fatalf("found %v, error %v", found, err)
	}
	if diff := cmp.Diff(want, got, notShared); diff != "" {
		t.Errorf("stored (-) and read (+):\n%s", diff)
	}
	right, wrong := want.Summary(), want.Summary()
	wrong.Fingerprint = event.Fingerprint{0xff} // it was given to another issue since
	for _, summary := range []event.Summary{right, wrong} {
		again, found, err := s.EventOf(t.Context(), summary)
		if diff := cmp.Diff(got, again); err != nil || !found || diff != "" {
			t.Errorf("by its summary: found %v, error %v\n%s", found, err, diff)
		}
	}
}

// requireEveryField fails if a field was added to the words and not to the sample.
func requireEveryField(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		requireEveryField(t, v.Elem(), path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			if v.Field(i).IsZero() && name != "occurrence.Event.Exceptions[0].Mechanism.ID" && v.Type().Field(i).Name != "Shared" {
				t.Errorf("the sample has no %s", name)
			}
			requireEveryField(t, v.Field(i), name)
		}
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct {
			at := 0
			if v.Type() == reflect.TypeFor[[]event.Frame]() {
				at = max(0, fullest(v))
			}
			requireEveryField(t, v.Index(at), path+"[0]")
		}
	}
}

// fullest is the index of the frame with the most fields set.
func fullest(v reflect.Value) (best int) {
	most := -1
	for i := range v.Len() {
		n := 0
		for j := range v.Index(i).NumField() {
			if !v.Index(i).Field(j).IsZero() {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}
