package rule

import "slices"

// Wants reports whether the rule waits for a trigger.
func (r Rule) Wants(t Trigger) bool { return slices.Contains(r.Triggers, t) }
