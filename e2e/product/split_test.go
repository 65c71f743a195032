//go:build e2e

package product

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// TestWhatRulesTakeApartComesApartInThePast applies rules to stored events, kills the server while they are
// moved, and undoes it.
func TestWhatRulesTakeApartComesApartInThePast(t *testing.T) {
	t.Parallel()
	s := instance.Start(t, "FAULTLINE_REPAIR_EVENTS_PER_SECOND=20", "FAULTLINE_REPAIR_BATCH=2", "FAULTLINE_REPAIR_POLL=200ms", "FAULTLINE_REPAIR_LEASE=5s")
	regions := []string{"eu", "eu", "eu", "us", "us", "ap"}
	for n := range 120 {
		body := fmt.Sprintf(`{"platform":"python","exception":{"values":[{"type":"KeyError","value":"x","stacktrace":{"frames":[{"function":"look","module":"shop.db","in_app":true}]}}]},"tags":{"region":"%s"}}`, regions[n%6])
		r, err := http.NewRequest("POST", fmt.Sprintf("http://%s/api/%d/store/", s.HTTP, instance.ProjectID), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_key="+instance.PublicKey)
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
	}
	counts := func() (all []string, sum int) {
		var list struct{ Issues []struct{ Count string } }
		s.Decode(fmt.Sprintf("/api/v1/projects/%d/issues", instance.ProjectID), &list)
		for _, one := range list.Issues {
			var n int
			fmt.Sscan(one.Count, &n)
			all, sum = append(all, one.Count), sum+n
		}
		return all, sum
	}
	instance.Eventually(t, 20*time.Second, "events are in one issue", func() bool { all, sum := counts(); return len(all) == 1 && sum == 120 })
	status, answer := s.Call("POST", fmt.Sprintf("/api/v1/projects/%d:applyGrouping", instance.ProjectID), map[string]any{"fingerprintRules": "error.type:KeyError -> {{ default }}, {{ tags.region }}"})
	if status != http.StatusOK {
		t.Fatal(status, answer)
	}
	path := fmt.Sprintf("/api/v1/projects/%d/regroupings", instance.ProjectID)
	var list struct {
		Regroupings []struct{ ID, Past, EventsLookedAt, EventsMoved string }
	}
	told := func() string {
		list.Regroupings = nil
		s.Decode(path, &list)
		return list.Regroupings[0].Past
	}
	instance.Eventually(t, 20*time.Second, "some events are moved", func() bool { all, _ := counts(); return len(all) > 1 })
	if past := told(); past != "moving" {
		t.Fatalf("after %v events: %s", list.Regroupings, past)
	}
	s.Kill()
	s.Start()
	instance.Eventually(t, 2*time.Minute, "all are moved", func() bool {
		if _, sum := counts(); sum != 120 {
			t.Fatalf("%d events are counted", sum)
		}
		return told() == "moved"
	})
	all, _ := counts()
	if got := strings.Join(all, " "); len(all) != 3 || !strings.Contains(got, "60") || !strings.Contains(got, "40") || !strings.Contains(got, "20") || list.Regroupings[0].EventsMoved != "60" {
		t.Fatalf("issues have %s events; %+v", got, list.Regroupings)
	}
	if status, answer := s.Call("POST", path+"/"+list.Regroupings[0].ID+":undo", map[string]any{}); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	if all, sum := counts(); len(all) != 1 || sum != 120 {
		t.Fatalf("undone: %v", all)
	}
}
