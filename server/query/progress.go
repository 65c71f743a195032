package query

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

// progress is how far a list over projects was read. The projects are those of the
// first page that have more: one that is made between two pages waits for the next
// first page, and what was read to its end is not asked again.
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

// after is the progress of what is left in lists; without rows when nothing is.
func after(lists []*issueList, end time.Time) progress {
	p := progress{end: end}
	for _, l := range lists {
		if l.more || len(l.rows) > 0 {
			p.rows = append(p.rows, shown{l.project.ID, l.shown})
		}
	}
	return p
}

// A token is 8 bytes of checksum, as that of a position, then the end, then each
// project with its issues.
const (
	progressSize = 8 + 8
	shownSize    = 4 + 4
)

// token prints the progress of a list that a question gives; empty at the end.
func (p progress) token(question string) string {
	if len(p.rows) == 0 {
		return ""
	}
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
		r := shown{binary.BigEndian.Uint32(b), int(binary.BigEndian.Uint32(b[4:]))}
		if r.issues > maxOffset {
			return progress{}, false, errDeep
		}
		read.rows = append(read.rows, r)
	}
	return read, true, nil
}
