package artifact_test

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/artifact"
)

func TestDebugIDsAreWrittenInOneWay(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		if got := artifact.ID(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
	f("", "")
	f("1234", "")
	f("zzzzzzzz-2222-3333-4444-555555555555", "")
	f("AABBCCDD-2222-3333-4444-555555555555", "aabbccdd222233334444555555555555")
	f("aabbccdd222233334444555555555555-1", "aabbccdd222233334444555555555555")
}
