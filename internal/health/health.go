// Package health holds the words of how programs do when they do not fail: sessions,
// which releases survive or do not, and check-ins of scheduled jobs. It knows no store
// and no protocol.
package health

import "time"

// Status is how a session stands or ended.
type Status uint8

// The states. A session that errored goes on; one that crashed or is abnormal has ended.
const (
	OK Status = iota
	Exited
	Errored
	Crashed
	Abnormal
)

// Session is what a client says of one session: that it began, or how it stands since.
type Session struct {
	ProjectID   uint32
	ID          [16]byte // of the session
	User        uint64   // hash of whoever it belongs to; 0: not told
	Release     string
	Environment string
	Started     time.Time
	Init        bool // the first that is said of it
	Errors      bool // an error was handled in it
	Status      Status
}

// Sessions are several that a client has counted itself.
type Sessions struct {
	ProjectID   uint32
	User        uint64 // hash of whoever they belong to; 0: not told
	Release     string
	Environment string
	Started     time.Time
	Exited      uint64 // well, and without an error
	Errored     uint64
	Crashed     uint64
	Abnormal    uint64
}

// Row is what is stored of either: a line that roll-ups add up. Rows of the same session
// under the same hour count once.
type Row struct {
	ProjectID   uint32
	Hour        time.Time
	Release     string
	Environment string
	Session     uint64 // hash; 0: of sessions that were counted by the client
	User        uint64
	Started     uint64 // how many began
	Errored     uint64 // counted by the client
	Crashed     uint64
	Abnormal    uint64
	Status      Status // of the one session
}

// Release is how one release does.
type Release struct {
	Name         string
	Sessions     uint64
	Errored      uint64 // with an error that was handled, and neither crashed nor abnormal
	Crashed      uint64
	Abnormal     uint64
	Users        uint64
	CrashedUsers uint64
	First        time.Time // hour of the first session
	Last         time.Time // hour of the last session
}

// CrashFreeSessions is the share of sessions that did not crash.
func (r Release) CrashFreeSessions() float64 { return free(r.Crashed, r.Sessions) }

// CrashFreeUsers is the share of users none of whose sessions crashed.
func (r Release) CrashFreeUsers() float64 { return free(r.CrashedUsers, r.Users) }

func free(crashed, all uint64) float64 {
	if all == 0 {
		return 1
	}
	return 1 - min(float64(crashed)/float64(all), 1)
}

// CheckIn is what a scheduled job says of one run.
type CheckIn struct {
	ProjectID   uint32
	Monitor     string
	Environment string
	ID          [16]byte // of the run: later check-ins of it replace earlier ones
	Status      string   // ok, error or in_progress
	At          time.Time
	Duration    time.Duration // 0: not told
	Schedule    string        // as ParseSchedule reads it; empty: not told
	Timezone    string        // of the schedule; empty: not told
	Margin      time.Duration // how late a run may begin; 0: not told
	MaxRuntime  time.Duration // how long a run may last; 0: not told
}

// The states of a run.
const (
	RunOK         = "ok"
	RunError      = "error"
	RunInProgress = "in_progress"
)

// Monitor is what a scheduled job said last.
type Monitor struct {
	Slug        string
	Environment string
	Status      string
	At          time.Time
	Began       time.Time     // when the last run was first heard of
	Duration    time.Duration // of the last run that ended; 0: not told
	Schedule    string        // as ParseSchedule reads it; empty: not told
	Timezone    string
	Margin      time.Duration // 0: not told
	MaxRuntime  time.Duration // 0: not told
	LastOK      time.Time     // zero: never
	LastError   time.Time     // zero: never
	OK24        uint64        // runs of the last 24 hours that ended well
	Error24     uint64
}

// MonitorQuery selects monitors.
type MonitorQuery struct {
	ProjectID   uint32
	Environment string // empty: all
	Name        string // part of the name, whatever its case; empty: all
	Limit       int
}

// Monitors are what a query found.
type Monitors struct {
	Monitors     []Monitor // by name, then by environment
	More         bool      // there are more than the limit
	Environments []string  // of all monitors of the project, in order
}

// Report is how the releases of a project do.
type Report struct {
	Releases []Release // those with the most sessions first
	Sessions uint64    // of all releases
	Users    uint64    // of all releases
	Reported bool      // any session is kept, also beyond the range
	// Environments are those of the range's sessions, also if only one is asked for, in
	// order.
	Environments []string
}
