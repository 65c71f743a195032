package clickhouse

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestEventComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	full := fullEvent()
	requireEveryField(t, reflect.ValueOf(*full), "occurrence")
	bare := &event.Occurrence{ProjectID: 1, ReceivedAt: noon, RetentionDays: 1, Event: &event.Event{ID: event.NewID(), Timestamp: noon}}
	want := []*event.Occurrence{full, bare}
	if err := s.Insert(t.Context(), "a", want); err != nil {
		t.Fatal(err)
	}
	for _, o := range want {
		got, found, err := s.Event(t.Context(), 1, o.Event.ID)
		if err != nil || !found {
			t.Fatalf("found %v, error %v", found, err)
		}
		if diff := cmp.Diff(o, got); diff != "" {
			t.Errorf("stored (-) and read (+):\n%s", diff)
		}
	}
	if _, found, err := s.Event(t.Context(), 2, full.Event.ID); err != nil || found {
		t.Errorf("another project sees the event: %v %v", found, err)
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
			if v.Field(i).IsZero() && name != "occurrence.Event.Exceptions[0].Mechanism.ID" {
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
