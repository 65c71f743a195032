package regroup

import (
	"cmp"
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
)

// plan is what rules would do to issues. Issues are named by their fingerprint.
type plan struct {
	merges  []joined
	renamed []joined // one issue each, which goes on under other fingerprints
	splits  []split
	staying int
	issues  int
}

// joined is issues that become one.
type joined struct {
	into  event.Fingerprint
	from  []event.Fingerprint
	under []event.Fingerprint // fingerprints that are new
	title string              // of the newest event that has one of them, as the rules make it
}

// split is an issue of which events go several ways.
type split struct {
	issue event.Fingerprint
	torn  event.Fingerprint // that of its events
	parts []way
}

// way is a part of an issue that splits.
type way struct {
	*part
	joins *event.Fingerprint // the issue that its next event joins; nil: a new one
	under bool               // it joins by a fingerprint that is new
}

// world is what is known of issues beside the events that were looked at.
type world struct {
	issueOf func(event.Fingerprint) event.Fingerprint // the issue a fingerprint counts for
	known   func(event.Fingerprint) bool              // there is, or was, an issue of this fingerprint
	age     func(event.Fingerprint) uint64            // the number of an issue: lower is older; 0: not numbered
}

// decide makes a plan of what was seen. An issue of which all events of a fingerprint go one
// way goes with them, together with whatever it was merged with; one whose events go
// several ways stays what it is, and its largest part goes on as it.
func decide(seen *sightings, w world) plan {
	groups := newSets()
	under := map[event.Fingerprint]*part{} // fingerprints that are new, and an event that has them
	touched := map[event.Fingerprint]bool{}
	issues := map[event.Fingerprint]bool{}
	for _, from := range seen.sources() {
		issues[w.issueOf(from.fingerprint)] = true
	}
	// What other issues were merged into is there, even if no event is its own and nobody
	// has written it down.
	known := w.known
	w.known = func(f event.Fingerprint) bool { return issues[f] || known(f) }
	var torn []*source
	for _, from := range seen.sources() {
		own := w.issueOf(from.fingerprint)
		to, whole := from.whole()
		switch {
		case !whole:
			torn = append(torn, from)
		case to == from.fingerprint:
		case w.known(to):
			groups.join(own, w.issueOf(to))
		default:
			groups.join(own, to)
			under[to] = from.to[to]
		}
	}
	var p plan
	for _, members := range groups.list() {
		j := joined{}
		for _, m := range members {
			if at, fresh := under[m]; fresh {
				j.under, j.title = append(j.under, m), at.title
				continue
			}
			j.from = append(j.from, m)
			issues[m], touched[m] = true, true
		}
		slices.SortFunc(j.from, func(a, b event.Fingerprint) int {
			return cmp.Or(cmp.Compare(w.age(a)-1, w.age(b)-1), order(a, b)) // what has no number comes last
		})
		j.into, j.from = j.from[0], j.from[1:]
		if len(j.from) > 0 {
			p.merges = append(p.merges, j)
		} else {
			p.renamed = append(p.renamed, j)
		}
	}
	p.splits = tear(torn, p, w)
	for _, s := range p.splits {
		touched[s.issue] = true
	}
	p.issues, p.staying = len(issues), len(issues)-len(touched)
	return p
}

// tear finds out where the parts of issues go that come apart.
func tear(torn []*source, p plan, w world) []split {
	into := map[event.Fingerprint]event.Fingerprint{}
	for _, j := range slices.Concat(p.merges, p.renamed) {
		for _, f := range slices.Concat(j.from, j.under) {
			into[f] = j.into
		}
	}
	leads := func(f event.Fingerprint) event.Fingerprint {
		if to, moved := into[f]; moved {
			return to
		}
		return f
	}
	var splits []split
	for _, from := range torn {
		own := leads(w.issueOf(from.fingerprint))
		s := split{issue: own, torn: from.fingerprint}
		goesOn := false
		for _, at := range from.parts() {
			one := way{part: at}
			if to, moved := into[at.fingerprint]; moved {
				one.joins = &to
			} else if w.known(at.fingerprint) || at.fingerprint == from.fingerprint {
				to := leads(w.issueOf(at.fingerprint))
				one.joins = &to
			}
			goesOn = goesOn || one.joins != nil && *one.joins == own
			s.parts = append(s.parts, one)
		}
		for i := range s.parts {
			if one := &s.parts[i]; !goesOn && one.joins == nil {
				one.joins, one.under, goesOn = &own, true, true
				into[one.fingerprint] = own
			}
		}
		splits = append(splits, s)
	}
	return splits
}

// sets are disjoint sets of fingerprints.
type sets struct {
	parent map[event.Fingerprint]event.Fingerprint
	seen   []event.Fingerprint // in the order in which they came
}

func newSets() *sets { return &sets{parent: map[event.Fingerprint]event.Fingerprint{}} }

func (s *sets) root(f event.Fingerprint) event.Fingerprint {
	if _, there := s.parent[f]; !there {
		s.parent[f] = f
		s.seen = append(s.seen, f)
	}
	for s.parent[f] != f {
		s.parent[f] = s.parent[s.parent[f]]
		f = s.parent[f]
	}
	return f
}

func (s *sets) join(a, b event.Fingerprint) {
	if a, b = s.root(a), s.root(b); a != b {
		s.parent[b] = a
	}
}

// list returns the sets that have more than one member.
func (s *sets) list() [][]event.Fingerprint {
	members := map[event.Fingerprint][]event.Fingerprint{}
	var roots []event.Fingerprint
	for _, f := range s.seen {
		r := s.root(f)
		if len(members[r]) == 0 {
			roots = append(roots, r)
		}
		members[r] = append(members[r], f)
	}
	var all [][]event.Fingerprint
	for _, r := range roots {
		if len(members[r]) > 1 {
			all = append(all, members[r])
		}
	}
	return all
}
