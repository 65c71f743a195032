package clickhouse

import (
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
)

// where turns a query into conditions. It and search.Query.Match agree on every event;
// words that speak of issues are answered from the roll-ups.
type where struct {
	st       *statement
	projects projects
	moves    moves
	now      time.Time
	issues   bool // a condition speaks of the issue: the statement needs issueTables
}

// split takes a query apart into what is asked of the issue alone and what is asked of
// its events; both must hold. Either may be nil.
func split(root search.Node) (ofIssue, ofEvent []search.Node) {
	if root == nil {
		return nil, nil
	}
	nodes := []search.Node{root}
	if all, ok := root.(search.And); ok {
		nodes = all
	}
	for _, n := range nodes {
		if onlyIssue(n) {
			ofIssue = append(ofIssue, n)
		} else {
			ofEvent = append(ofEvent, n)
		}
	}
	return ofIssue, ofEvent
}

// onlyIssue reports whether every term of a node speaks of the issue.
func onlyIssue(n search.Node) bool {
	all := func(nodes []search.Node) bool {
		for _, n := range nodes {
			if !onlyIssue(n) {
				return false
			}
		}
		return true
	}
	switch n := n.(type) {
	case search.And:
		return all(n)
	case search.Or:
		return all(n)
	case search.Not:
		return onlyIssue(n.Node)
	case search.Has:
		return isIssueKey(n.Key)
	case search.Compare:
		return isIssueKey(n.Key)
	}
	return false
}

// event is the condition on the columns of events that a node stands for.
func (w *where) event(n search.Node) (string, error) {
	if onlyIssue(n) {
		w.issues = true
		cond, err := w.issue(n)
		if err != nil {
			return "", err
		}
		return w.projects.pair(w.moves.owner(w.st)) + " IN (SELECT " + w.projects.with("t", "arrayJoin(t.members)") + " FROM totals AS t LEFT JOIN states AS s ON " + w.projects.on("s", "t", "issue") + " WHERE " + cond + ")", nil
	}
	switch n := n.(type) {
	case search.And:
		return w.joined(n, " AND ", w.event)
	case search.Or:
		return w.joined(n, " OR ", w.event)
	case search.Not:
		return w.negated(n, w.event)
	case search.Text:
		return w.words(n), nil
	case search.Has:
		return w.has(n)
	case search.Compare:
		return w.compare(n)
	}
	return "", fmt.Errorf("a query cannot hold %T", n)
}

// issue is the condition on totals AS t and states AS s.
func (w *where) issue(n search.Node) (string, error) {
	switch n := n.(type) {
	case search.And:
		return w.joined(n, " AND ", w.issue)
	case search.Or:
		return w.joined(n, " OR ", w.issue)
	case search.Not:
		return w.negated(n, w.issue)
	case search.Has:
		if n.Key.Field == search.Assigned {
			return "s.assignee != ''", nil
		}
		return "1", nil
	case search.Compare:
		return w.compareIssue(n)
	}
	return "", fmt.Errorf("a query about issues cannot hold %T", n)
}

func (w *where) joined(nodes []search.Node, sign string, one func(search.Node) (string, error)) (string, error) {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		var err error
		if parts[i], err = one(n); err != nil {
			return "", err
		}
	}
	return "(" + strings.Join(parts, sign) + ")", nil
}

func (w *where) negated(n search.Not, one func(search.Node) (string, error)) (string, error) {
	inner, err := one(n.Node)
	if err != nil {
		return "", err
	}
	return "NOT (" + inner + ")", nil
}

// words is the condition that every word of a free text is there.
func (w *where) words(n search.Text) string {
	words := n.Words()
	if len(words) == 0 {
		return "1"
	}
	return "hasAllTokens(search_text, " + w.st.bind("Array(String)", words) + ")"
}

// has is the condition that a key has a value that is not empty.
func (w *where) has(n search.Has) (string, error) {
	c, err := eventColumn(w.st, n.Key)
	if err != nil {
		return "", err
	}
	switch {
	case n.Key.Field == search.ID:
		return "1", nil
	case n.Key.Field == search.Trace:
		return c.expr + " != unhex('" + strings.Repeat("0", 32) + "')", nil
	case n.Key.Kind() == search.KindLevel:
		return c.expr + " != 0", nil
	case n.Key.Kind() != search.KindText:
		return "0", nil
	case c.many:
		return "arrayExists(x -> x != '', " + c.expr + ")", nil
	}
	return c.expr + " != ''", nil
}

// compare is the condition that a value of a key compares as asked.
func (w *where) compare(n search.Compare) (string, error) {
	c, err := eventColumn(w.st, n.Key)
	if err != nil {
		return "", err
	}
	switch n.Key.Kind() {
	case search.KindText:
		if c.many {
			return "arrayExists(x -> " + w.texts("x", n.Values) + ", " + c.expr + ")", nil
		}
		return w.texts(c.expr, n.Values), nil
	case search.KindID:
		return w.ids(n, c.expr), nil
	case search.KindTime:
		return w.times(n, c.expr), nil
	}
	return w.numbers(n, c.expr), nil
}

// texts is the condition that a text is one of some patterns. Equal texts become one list.
func (w *where) texts(expr string, values []search.Value) string {
	var exact, parts []string
	for _, v := range values {
		if text, ok := v.Pattern.Exact(); ok {
			if text != "" { // no value is empty
				exact = append(exact, text)
			}
			continue
		}
		like := v.Pattern.Like()
		cond := "lower(" + expr + ") LIKE " + w.st.text(like)
		if strings.Trim(like, "%") == "" {
			cond = expr + " != ''"
		}
		parts = append(parts, cond)
	}
	switch len(exact) {
	case 0:
	case 1:
		parts = append(parts, "lower("+expr+") = "+w.st.text(exact[0]))
	default:
		parts = append(parts, "has("+w.st.bind("Array(String)", exact)+", lower("+expr+"))")
	}
	return either(parts)
}

func (w *where) ids(n search.Compare, expr string) string {
	var parts []string
	for _, v := range n.Values {
		value := w.st.uuid([16]byte(v.ID))
		if n.Key.Field == search.Trace {
			value = "unhex(" + w.st.text(v.ID.String()) + ")"
		}
		parts = append(parts, expr+" = "+value)
	}
	return either(parts)
}

// times is the condition on a time, which counts in whole milliseconds.
func (w *where) times(n search.Compare, expr string) string {
	var parts []string
	for _, v := range n.Values {
		if n.Op == search.Equal {
			parts = append(parts, "("+expr+" >= "+w.st.moment(v.Time)+" AND "+expr+" < "+w.st.moment(v.End)+")")
			continue
		}
		at := v.Moment(w.now)
		switch n.Op {
		case search.Greater:
			parts = append(parts, expr+" >= "+w.st.moment(at.Add(time.Millisecond)))
		case search.GreaterOrEqual:
			parts = append(parts, expr+" >= "+w.st.moment(at))
		case search.Less:
			parts = append(parts, expr+" < "+w.st.moment(at))
		case search.LessOrEqual:
			parts = append(parts, expr+" < "+w.st.moment(at.Add(time.Millisecond)))
		}
	}
	return either(parts)
}

func (w *where) numbers(n search.Compare, expr string) string {
	sign := n.Op.String()
	if n.Op == search.Equal {
		sign = "="
	}
	var parts []string
	for _, v := range n.Values {
		parts = append(parts, expr+" "+sign+" "+w.st.number(v.Number))
	}
	return either(parts)
}

// compareIssue is the condition that an issue compares as asked.
func (w *where) compareIssue(n search.Compare) (string, error) {
	expr, ok := issueColumns[n.Key.Field]
	if !ok {
		return "", fmt.Errorf("field %s is not kept with issues", n.Key.Field)
	}
	switch n.Key.Kind() {
	case search.KindStatus:
		return w.status(n), nil
	case search.KindIssue:
		return w.named(n)
	case search.KindText:
		return w.texts(expr, n.Values), nil
	case search.KindTime:
		return w.times(n, expr), nil
	}
	return w.numbers(n, expr), nil
}

func (w *where) status(n search.Compare) string {
	var parts []string
	for _, v := range n.Values {
		switch word := v.Word; issue.Status(word) {
		case issue.Unresolved, issue.Resolved, issue.Archived:
			parts = append(parts, statusExpr+" = "+w.st.text(word))
		default:
			parts = append(parts, "("+statusExpr+" = 'unresolved' AND "+substatusExpr+" = "+w.st.text(word)+")")
		}
	}
	return either(parts)
}

// named is the condition that an issue has one of some names. Of a short id only the
// number is looked at, because the slug is not known here: the caller checks it, and gives
// the whole id where there are several projects.
func (w *where) named(n search.Compare) (string, error) {
	var parts []string
	whole := map[uint32][][16]byte{}
	for _, v := range n.Values {
		if id, err := issue.ParseID(v.Word); err == nil {
			whole[id.ProjectID] = append(whole[id.ProjectID], id.Fingerprint)
			continue
		}
		_, number, err := issue.ParseShortID(v.Word)
		if err != nil {
			return "", err
		}
		if !w.projects.single() {
			return "", fmt.Errorf("%s cannot be found among several projects, whose slugs are not known here", v.Word)
		}
		parts = append(parts, "s.number = "+w.st.number(number))
	}
	for _, project := range w.projects {
		var there string
		switch ids := whole[project]; len(ids) {
		case 0:
			continue
		case 1:
			there = "has(t.members, " + w.st.uuid(ids[0]) + ")"
		default:
			there = "hasAny(t.members, " + w.st.uuids(ids) + ")"
		}
		if !w.projects.single() {
			there = "(t.project_id = " + w.st.project(project) + " AND " + there + ")"
		}
		parts = append(parts, there)
	}
	return either(parts), nil
}

// either is true where one of the conditions is; none of none is.
func either(parts []string) string {
	switch len(parts) {
	case 0:
		return "0"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}
