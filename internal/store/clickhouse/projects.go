package clickhouse

// projects are those that a statement is about. The same fingerprint may be in several, and is another issue in each:
// a statement about several tells issues apart by project and fingerprint. One about a single project, which is what is
// asked most, does with the fingerprint, because planning and joining by both was seen to be up to a fifth dearer.
type projects []uint32

func (p projects) single() bool { return len(p) == 1 }

// in is the condition that a column names one of them.
func (p projects) in(st *statement, column string) string {
	if p.single() {
		return column + " = " + st.project(p[0])
	}
	return column + " IN " + st.bind("Array(UInt32)", []uint32(p))
}

// keys are what issues are selected, grouped and ordered by, where only one table has a project.
func (p projects) keys(column string) string {
	if p.single() {
		return column
	}
	return "project_id, " + column
}

// pair are the same keys as one value.
func (p projects) pair(column string) string {
	if p.single() {
		return column
	}
	return "(project_id, " + column + ")"
}

// with are the same keys of one of several tables, selected.
func (p projects) with(table, column string) string {
	if p.single() {
		return column
	}
	return table + ".project_id AS project_id, " + column
}

// on is the condition that rows of two tables have the same keys.
func (p projects) on(a, b, column string) string {
	same := a + "." + column + " = " + b + "." + column
	if p.single() {
		return same
	}
	return a + ".project_id = " + b + ".project_id AND " + same
}

// of is the project of a row of a table.
func (p projects) of(st *statement, table string) string {
	if p.single() {
		return st.project(p[0]) + " AS project_id"
	}
	return table + ".project_id AS project_id"
}
