package query

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// maxProjects is how many projects one list goes over.
const maxProjects = 200

// progress is how far a list over projects was read. The projects are those of the
// first page: one that is made between two pages waits for the next first page, and one that
// the caller reaches no more is left out with what was shown of it, so that the rest stays where it is.
type progress struct {
	end  time.Time // of the time range, as on the first page
	rows []shown
}

// shown is how many issues of a project were on the pages before.
type shown struct {
	project uint32
	issues  int
}

// begin is the progress before the first page.
func begin(projects []project.Project) (progress, error) {
	if len(projects) > maxProjects {
		return progress{}, invalid("there are %d projects, and one list goes over at most %d; give a project_id", len(projects), maxProjects)
	}
	var p progress
	for _, of := range projects {
		p.rows = append(p.rows, shown{project: of.ID})
	}
	return p, nil
}

// keep leaves only what is about some projects, and returns those of them that the list is about.
func (p *progress) keep(projects []project.Project) (about []project.Project) {
	var rows []shown
	for _, r := range p.rows {
		if i := slices.IndexFunc(projects, func(of project.Project) bool { return of.ID == r.project }); i >= 0 {
			rows, about = append(rows, r), append(about, projects[i])
		}
	}
	p.rows = rows
	return about
}

// offset is how many issues were on the pages before.
func (p progress) offset() (n int) {
	for _, r := range p.rows {
		n += r.issues
	}
	return n
}

// after is the progress when some more rows have been shown.
func (p progress) after(rows []view.IssueRow, end time.Time) progress {
	next := progress{end: end, rows: slices.Clone(p.rows)}
	for _, row := range rows {
		for i := range next.rows {
			if next.rows[i].project == row.Record.ID.ProjectID {
				next.rows[i].issues++
			}
		}
	}
	return next
}

// A token is 8 bytes of checksum, as that of a position, then the end, then each
// project with its issues.
const (
	progressSize = 8 + 8
	shownSize    = 4 + 4
)

// token prints the progress of a list that a question gives.
func (p progress) token(question string) string {
	b := make([]byte, 8, progressSize+shownSize*len(p.rows))
	b = binary.BigEndian.AppendUint64(b, uint64(p.end.UnixMilli()))
	for _, r := range p.rows {
		b = binary.BigEndian.AppendUint32(b, r.project)
		b = binary.BigEndian.AppendUint32(b, uint32(r.issues))
	}
	return seal(b, question)
}

// progress reads the token of a page; found is false on the first page.
func (p Page) progress(question string) (read progress, found bool, err error) {
	if p.Token == "" {
		return progress{}, false, nil
	}
	if len(p.Token) > base64.RawURLEncoding.EncodedLen(progressSize+shownSize*maxProjects) {
		return progress{}, false, errToken
	}
	b, err := unseal(p.Token, question)
	if err != nil {
		return progress{}, false, err
	}
	if len(b) <= progressSize || (len(b)-progressSize)%shownSize != 0 {
		return progress{}, false, errToken
	}
	read.end = time.UnixMilli(int64(binary.BigEndian.Uint64(b[8:]))).UTC()
	for b = b[progressSize:]; len(b) > 0; b = b[shownSize:] {
		read.rows = append(read.rows, shown{binary.BigEndian.Uint32(b), int(binary.BigEndian.Uint32(b[4:]))})
	}
	if read.offset() > maxOffset {
		return progress{}, false, errDeep
	}
	return read, true, nil
}
