package health

import "time"

// State is how a monitor stands: the state of its last run, or what became of the run that
// should have come.
type State string

// The states of a monitor.
const (
	StateOK         State = RunOK
	StateError      State = RunError
	StateInProgress State = RunInProgress
	// StateMissed is of a monitor whose next run did not begin within its margin.
	StateMissed State = "missed"
	// StateTimeout is of a monitor whose run began and did not end within its time.
	StateTimeout State = "timeout"
)

const (
	// DefaultMargin and DefaultMaxRuntime hold for a job that told its schedule and not
	// these, as they do for those who wrote its client.
	DefaultMargin     = time.Minute
	DefaultMaxRuntime = 30 * time.Minute
	// MostMissed bounds how many missed runs are counted.
	MostMissed = 1000
)

// Standing is how a monitor stands at a time.
type Standing struct {
	State State
	// Expected is when the run that is waited for should begin; in the past if it is late.
	// Zero: nobody knows.
	Expected time.Time
	// Late is how long it is late, also within the margin.
	Late time.Duration
	// Missed is how many runs did not come, at most MostMissed.
	Missed int
	// Next is the first run that is still to come. Zero: nobody knows.
	Next time.Time
	// TimedOut is when the time of the last run was over; zero: it is not, or the run ended.
	TimedOut time.Time
	// Schedule is when it should run in words; empty: not told, or not understood.
	Schedule string
	// Problem is why the schedule is not understood. Such a monitor is never missed.
	Problem string
}

// Standing tells how a monitor stands at a time. It knows only what the client told: one
// without a schedule is never missed, and its runs never time out. Of a run that timed out
// and one that was missed, what happened last is the state.
func (m Monitor) Standing(now time.Time) Standing {
	s := Standing{State: State(m.Status)}
	if m.Schedule == "" {
		return s
	}
	if m.Status == RunInProgress {
		if end := m.Began.Add(told(m.MaxRuntime, DefaultMaxRuntime)); now.After(end) {
			s.State, s.TimedOut = StateTimeout, end
		}
	}
	schedule, err := ParseSchedule(m.Schedule, m.Timezone)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	s.Schedule = schedule.String()
	margin := told(m.Margin, DefaultMargin)
	s.Expected = schedule.after(m.Began)
	s.Next = s.Expected
	var noticed time.Time // when the last of them was missed
	for !s.Next.IsZero() && s.Missed < MostMissed && now.After(s.Next.Add(margin)) {
		s.Missed, noticed = s.Missed+1, s.Next.Add(margin)
		s.Next = schedule.Next(s.Next)
	}
	if !s.Next.IsZero() && !s.Next.After(now) { // within the margin there may be many more
		s.Next = schedule.soon(m.Began, now)
	}
	if !s.Expected.IsZero() {
		s.Late = max(now.Sub(s.Expected), 0)
	}
	if s.Missed > 0 && noticed.After(s.TimedOut) {
		s.State = StateMissed
	}
	return s
}

// soon is the first run after now of a job that ran at a time long ago.
func (s Schedule) soon(ran, now time.Time) time.Time {
	if s.cron != nil {
		return s.cron.next(now, s.zone)
	}
	switch s.unit {
	case "minute", "hour":
		period := s.Next(ran).Sub(ran)
		return ran.Add((now.Sub(ran)/period + 1) * period).In(s.zone)
	}
	for !ran.After(now) {
		ran = s.Next(ran)
	}
	return ran
}

// told is what the client told, or else what holds without.
func told(v, otherwise time.Duration) time.Duration {
	if v > 0 {
		return v
	}
	return otherwise
}
