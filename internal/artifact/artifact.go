// Package artifact holds the words of what builds upload: bundles of scripts and
// source maps, and releases. It knows no store, no protocol and no file format.
package artifact

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Errors that callers decide on.
var (
	ErrNoFile   = errors.New("there is no such file")
	ErrChecksum = errors.New("the content does not have this checksum")
)

// Kind is what a file of a bundle is.
type Kind string

// The kinds that are kept in the index; a bundle may hold others.
const (
	Script Kind = "script" // what browsers and servers run
	Map    Kind = "map"    // the source map of a script

	Mapping Kind = "mapping" // what ProGuard or R8 renamed; the bundle is the file
	Symbols Kind = "symbols" // of a native program; the bundle is the file
)

// Bundle is one upload of a project.
type Bundle struct {
	ID        string
	ProjectID uint32
	Checksum  string // SHA-1 of the file, in hexadecimal digits; projects may share it
	Release   string // empty: found by debug ids only
	Dist      string
	Bytes     int64
	CreatedAt time.Time // when it was uploaded last
}

// File is one file of a bundle.
type File struct {
	Kind    Kind
	Path    string // in the bundle
	URL     string // where it is served; ~ stands for scheme and host
	DebugID string // as ID writes it; may be empty
	MapURL  string // of a script: the address of its map, if the upload says it
}

// Found is a file with the bundle it is in.
type Found struct {
	Checksum string
	File
}

// Release is a version of a project that somebody announced.
type Release struct {
	ProjectID  uint32
	Version    string
	Ref        string // what it was built from
	URL        string
	CreatedAt  time.Time
	StartedAt  time.Time // zero: not told
	ReleasedAt time.Time // zero: not released yet
}

// Repair is the work of explaining the events that came before an upload.
type Repair struct {
	ID         string
	ProjectID  uint32
	Release    string // empty: only events that name one of the ids
	Dist       string
	DebugIDs   []string // as ID writes them
	Place      string   // how far it has come; whoever does it knows what it says
	Regrouping string   // it is no upload that matters, but rules that are applied to the past, or undone
	Seen       int64    // events that were looked at
	Changed    int64    // of these, events that changed
	CreatedAt  time.Time
	Lease      time.Time // until when somebody works on it
}

// repairIDs is how many ids one repair looks for.
const repairIDs = 1000

// Repairs are the repairs that an upload makes necessary.
func Repairs(b Bundle, files []File) []Repair {
	var ids []string
	scripts := false
	for _, f := range files {
		if f.DebugID != "" && f.Kind != Script {
			ids = append(ids, f.DebugID)
		}
		scripts = scripts || f.Kind == Script || f.Kind == Map
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var all []Repair
	add := func(release string, ids []string) {
		all = append(all, Repair{ProjectID: b.ProjectID, Release: release, Dist: b.Dist, DebugIDs: ids})
	}
	release := ""
	if scripts {
		release = b.Release
	}
	for part := range slices.Chunk(ids, repairIDs) {
		add(release, part)
		release = ""
	}
	if release != "" {
		add(release, nil)
	}
	return all
}

// ID writes a debug id in the one way in which it is compared: 32 lower-case
// hexadecimal digits. What is no such id becomes empty.
func ID(text string) string {
	text = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if len(text) < 32 {
		return ""
	}
	text = text[:32] // an age may follow
	if strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}
