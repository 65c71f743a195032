package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// PutRecords mirrors what the workflow knows of issues. A record of a lower version than
// the one that is there changes nothing, so records may come late and repeatedly.
func (s *Store) PutRecords(ctx context.Context, records []issue.Record) error {
	if len(records) == 0 {
		return nil
	}
	var project proto.ColUInt32
	var fingerprint proto.ColUUID
	var number, version proto.ColUInt64
	release, assignee := newText(), newText()
	status, substatus, reason := newDictionary(), newDictionary(), newDictionary()
	since, updated := microseconds(), microseconds()
	for i := range records {
		r := &records[i]
		project.Append(r.ID.ProjectID)
		fingerprint.Append([16]byte(r.ID.Fingerprint))
		number.Append(r.Number)
		status.Append(string(r.State.Status))
		substatus.Append(string(r.State.Substatus))
		reason.Append(string(r.State.Reason))
		since.AppendRaw(proto.DateTime64(nanos(r.State.Since) / 1000))
		release.Append(r.State.Release)
		assignee.Append(r.Assignee)
		updated.AppendRaw(proto.DateTime64(nanos(r.UpdatedAt) / 1000))
		version.Append(r.Version)
	}
	return s.send(ctx, "issue_states", "", []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "fingerprint", Data: &fingerprint}, {Name: "number", Data: &number},
		{Name: "status", Data: status}, {Name: "substatus", Data: substatus}, {Name: "reason", Data: reason},
		{Name: "since", Data: since}, {Name: "release", Data: release}, {Name: "assignee", Data: assignee},
		{Name: "updated_at", Data: updated}, {Name: "version", Data: &version},
	})
}

// PutMerges writes down which fingerprints count as another's issue, or no longer do. The
// highest version of a fingerprint wins. Merges must be flat: what is merged into an
// issue that is itself merged must be given its final target.
func (s *Store) PutMerges(ctx context.Context, merges []issue.Merge) error {
	if len(merges) == 0 {
		return nil
	}
	var project proto.ColUInt32
	var from, into proto.ColUUID
	var undone proto.ColUInt8
	var version proto.ColUInt64
	for i := range merges {
		m := &merges[i]
		project.Append(m.From.ProjectID)
		from.Append([16]byte(m.From.Fingerprint))
		into.Append([16]byte(m.Into.Fingerprint))
		undone.Append(bit(m.Undone))
		version.Append(m.Version)
	}
	return s.send(ctx, "issue_merges", "", []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "fingerprint", Data: &from}, {Name: "merged_into", Data: &into},
		{Name: "undone", Data: &undone}, {Name: "version", Data: &version},
	})
}

// InsertOutcomes adds up what became of events. The token names the block, as with Insert.
func (s *Store) InsertOutcomes(ctx context.Context, token string, counts []outcome.Count) error {
	if len(counts) == 0 {
		return nil
	}
	var project proto.ColUInt32
	var minute proto.ColDateTime
	var kind proto.ColUInt8
	var fingerprint proto.ColUUID
	var events proto.ColUInt64
	reason, key := newDictionary(), newDictionary()
	minute.Location = time.UTC
	for i := range counts {
		c := &counts[i]
		project.Append(c.ProjectID)
		minute.Append(c.Minute.Truncate(time.Minute))
		kind.Append(uint8(c.Kind))
		reason.Append(string(c.Reason))
		key.Append(c.KeyID)
		fingerprint.Append([16]byte(c.Fingerprint))
		events.Append(c.Events)
	}
	return s.send(ctx, "outcomes", token, []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "minute", Data: &minute}, {Name: "kind", Data: &kind},
		{Name: "reason", Data: reason}, {Name: "key_id", Data: key}, {Name: "fingerprint", Data: &fingerprint},
		{Name: "events", Data: &events},
	})
}

// microseconds is an empty DateTime64(6, 'UTC').
func microseconds() *proto.ColDateTime64 {
	return new(proto.ColDateTime64).WithPrecision(proto.PrecisionMicro).WithLocation(time.UTC)
}
