//go:build e2e

package sourcemaps

// stored is what REST says of an event.
type stored struct {
	Title, Culprit, IssueID string
	Event                   struct {
		Exceptions []struct {
			Stacktrace struct{ Frames []frame }
		}
	}
}

type frame struct {
	Function, Filename, AbsPath, ContextLine string
	PreContext, PostContext                  []string
	Lineno, Colno                            int
	InApp                                    bool
	Origin                                   *struct{ Lineno int }
}
