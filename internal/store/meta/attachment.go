package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
)

const attachmentColumns = `id, project_id, event_id, name, content_type, type, bytes, checksum, left_out, created_at, expires_at`

func scanAttachment(r scanner) (v attachment.File, err error) {
	var id event.Fingerprint // another 16 bytes in the same digits
	err = r.Scan(&v.ID, &v.ProjectID, intoFingerprint(&id), &v.Name, &v.ContentType, &v.Type, &v.Size, &v.Checksum, &v.LeftOut, intoTime(&v.CreatedAt), intoTime(&v.ExpiresAt))
	v.EventID = event.ID(id)
	return v, err
}

// PutAttachments adds files to their events, all or none. One that has the id of a file of
// the same event says anew whether its bytes are kept.
func (s *Store) PutAttachments(ctx context.Context, files []attachment.File) error {
	return s.tx(ctx, func(tx transaction) error {
		for _, f := range files {
			if f.ID == "" {
				f.ID = newID()
			}
			n, err := exec(ctx, tx, "add an attachment", `INSERT INTO attachments (`+attachmentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
				ON CONFLICT (id) DO UPDATE SET checksum = excluded.checksum, left_out = excluded.left_out
				WHERE attachments.project_id = excluded.project_id AND attachments.event_id = excluded.event_id`,
				f.ID, f.ProjectID, f.EventID.String(), clean(f.Name), clean(f.ContentType), clean(f.Type), f.Size, f.Checksum, string(f.LeftOut), micros(f.CreatedAt), micros(f.ExpiresAt))
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("add an attachment: another event has one with the id %s", f.ID)
			}
		}
		return nil
	})
}

// EventAttachments returns the files of an event, the first that came first.
func (s *Store) EventAttachments(ctx context.Context, projectID uint32, id event.ID) ([]attachment.File, error) {
	return list(ctx, s.read, "attachments", scanAttachment,
		`SELECT `+attachmentColumns+` FROM attachments WHERE project_id = $1 AND event_id = $2 ORDER BY created_at, id`, projectID, id.String())
}

// SpendAttachmentBytes counts bytes that a project keeps on a day, unless it would have
// more than the limit then, and reports whether it did. Fewer than none are given back.
func (s *Store) SpendAttachmentBytes(ctx context.Context, projectID uint32, at time.Time, bytes, limit int64) (bool, error) {
	if bytes > limit {
		return false, nil
	}
	n, err := exec(ctx, s.write, "count the bytes of attachments", `INSERT INTO attachment_days (project_id, day, bytes) VALUES ($1, $2, $3)
		ON CONFLICT (project_id, day) DO UPDATE SET bytes = attachment_days.bytes + excluded.bytes WHERE attachment_days.bytes + excluded.bytes <= $4`,
		projectID, dayOf(at), bytes, limit)
	return n > 0, err
}

// dayOf numbers the days.
func dayOf(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// DeleteExpiredAttachments forgets at most so many of the files that have expired, and returns how
// many; and what projects kept on days long past.
func (s *Store) DeleteExpiredAttachments(ctx context.Context, now time.Time, limit int) (int64, error) {
	if _, err := exec(ctx, s.write, "forget old days", `DELETE FROM attachment_days WHERE day < $1`, dayOf(now)-2); err != nil {
		return 0, err
	}
	return exec(ctx, s.write, "delete expired attachments", `DELETE FROM attachments WHERE id IN (
		SELECT id FROM attachments WHERE expires_at > 0 AND expires_at <= $1 ORDER BY expires_at LIMIT $2)`, micros(now), limit)
}

// AttachmentsWith returns those of some checksums that attachments have.
func (s *Store) AttachmentsWith(ctx context.Context, checksums []string) ([]string, error) {
	if len(checksums) == 0 {
		return nil, nil
	}
	args := make([]any, len(checksums))
	for i, c := range checksums {
		args[i] = c
	}
	return list(ctx, s.read, "attachments", scanText,
		fmt.Sprintf(`SELECT DISTINCT checksum FROM attachments WHERE checksum IN (%s)`, placeholders(1, len(args))), args...)
}
