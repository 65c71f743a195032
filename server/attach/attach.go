// Package attach keeps the files that belong to events, within limits: it decides which
// are kept, writes down those that are left out and why, finds them again, and deletes
// what has expired.
//
// It does not look into files and knows neither HTTP nor where bytes and rows are.
package attach

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

// Config bounds what is kept.
type Config struct {
	// Dir is the folder of attachments. Processes with the roles ingest and api must
	// share it. Default: the folder attachments under the data folder.
	Dir string
	// ItemBytes is the largest file that is kept.
	ItemBytes int64
	// EventBytes bounds the files of one event, together.
	EventBytes int64
	// EventFiles bounds the number of files of one event.
	EventFiles int
	// ProjectDayBytes bounds what one project keeps on one day (UTC).
	ProjectDayBytes int64
}

// DefaultConfig keeps screenshots, logs and minidumps as they usually are.
func DefaultConfig() Config {
	return Config{ItemBytes: 20 << 20, EventBytes: 50 << 20, EventFiles: 50, ProjectDayBytes: 1 << 30}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.ItemBytes < 0 || c.EventFiles < 0:
		return errors.New("attachments: item-bytes and event-files must not be negative; 0 keeps none")
	case c.EventBytes < c.ItemBytes || c.ProjectDayBytes < c.EventBytes:
		return errors.New("attachments: event-bytes must be at least item-bytes, project-day-bytes at least event-bytes")
	}
	return nil
}

// Index knows which event has which files.
//
// PutAttachments must change a file that is there under its id. SpendAttachmentBytes must count
// bytes for a project's day only if the limit is not passed then, and report whether it did;
// negative ones are given back. AttachmentsWith returns those checksums that any file has.
type Index interface {
	PutAttachments(ctx context.Context, files []attachment.File) error
	EventAttachments(ctx context.Context, projectID uint32, id event.ID) ([]attachment.File, error)
	SpendAttachmentBytes(ctx context.Context, projectID uint32, at time.Time, bytes, limit int64) (bool, error)
	DeleteExpiredAttachments(ctx context.Context, now time.Time, limit int) (int64, error)
	AttachmentsWith(ctx context.Context, checksums []string) ([]string, error)
}

// Content keeps bytes under their SHA-1.
//
// Put must leave a content whole or not there, and make one that is there young again. Open must
// fail with artifact.ErrNoFile. Remove must not fail for one that is not there.
type Content interface {
	Put(ctx context.Context, name string, content io.Reader) (int64, error)
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	Remove(ctx context.Context, name string) error
	Each(ctx context.Context, f func(name string, size int64, written time.Time) error) error
}

// Projects knows how long a project keeps its events.
type Projects interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
}

// Parts are what a service works with.
type Parts struct {
	Index    Index
	Content  Content
	Projects Projects
	Logger   *slog.Logger // nil: slog's default
}

// Service keeps files and finds them. It is safe for concurrent use.
type Service struct {
	cfg Config
	Parts
}

// New makes a service.
func New(cfg Config, p Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	return &Service{cfg: cfg, Parts: p}, nil
}

// List returns the files of an event in the order of their arrival, with those that were
// left out.
func (s *Service) List(ctx context.Context, projectID uint32, id event.ID) ([]attachment.File, error) {
	return s.Index.EventAttachments(ctx, projectID, id)
}

// Open opens the bytes of a file: project.ErrNotFound if they are not there.
func (s *Service) Open(ctx context.Context, f attachment.File) (io.ReadSeekCloser, error) {
	if f.Checksum == "" {
		return nil, fmt.Errorf("attachment %s was left out (%s): %w", f.Name, f.LeftOut, project.ErrNotFound)
	}
	content, err := s.Content.Open(ctx, f.Checksum)
	if errors.Is(err, artifact.ErrNoFile) {
		return nil, fmt.Errorf("the bytes of attachment %s are not where this server looks for them: %w", f.Name, project.ErrNotFound)
	}
	return content, err
}

// Keep keeps the files of an event that arrived at a time, and returns for each why it
// does not, or nothing. What an event has already is not kept twice; what could not be
// written is tried again when it comes again.
func (s *Service) Keep(ctx context.Context, projectID uint32, id event.ID, files []attachment.Incoming, at time.Time) []attachment.Reason {
	reasons := make([]attachment.Reason, len(files))
	if err := s.keep(ctx, projectID, id, files, at, reasons); err != nil {
		for i := range reasons {
			if reasons[i] == "" {
				reasons[i] = attachment.Failed
			}
		}
		s.Logger.WarnContext(ctx, "attachments cannot be kept; their events are", "project", projectID, "event", id, "files", len(files), "error", err)
	}
	return reasons
}

func (s *Service) keep(ctx context.Context, projectID uint32, id event.ID, files []attachment.Incoming, at time.Time, reasons []attachment.Reason) error {
	home, err := s.Projects.Project(ctx, projectID)
	if err != nil {
		return fmt.Errorf("find out how long project %d keeps its events: %w", projectID, err)
	}
	known, err := s.Index.EventAttachments(ctx, projectID, id)
	if err != nil {
		return err
	}
	var rows []attachment.File
	var broken error // of writing: what follows would only wait as long
	for i, in := range files {
		f := describe(in)
		// Files that came together keep their order.
		f.ProjectID, f.EventID, f.CreatedAt = projectID, id, at.Add(time.Duration(i)*time.Microsecond)
		if days := home.Settings.RetentionDays; days > 0 {
			f.ExpiresAt = at.Add(time.Duration(days) * 24 * time.Hour)
		}
		sum := sha1.Sum([]byte(in.Content))
		f.Checksum = hex.EncodeToString(sum[:])
		if n := find(known, f); n >= 0 {
			before := known[n]
			if before.LeftOut != attachment.Failed {
				reasons[i] = before.LeftOut
				continue
			}
			f.ID, f.CreatedAt = before.ID, before.CreatedAt
			known = slices.Delete(known, n, n+1)
		}
		if reason := s.cfg.room(f, known); reason != "" {
			f.Checksum, f.LeftOut = "", reason
		} else if broken != nil {
			f.Checksum, f.LeftOut = "", attachment.Failed
		} else if broken, err = s.write(ctx, &f, in.Content); err != nil {
			return err
		}
		reasons[i] = f.LeftOut
		if f.LeftOut == attachment.EventFiles {
			continue
		}
		known, rows = append(known, f), append(rows, f)
	}
	if broken != nil {
		s.Logger.WarnContext(ctx, "attachments cannot be written; their event lists them as left out", "project", projectID, "event", id, "error", broken)
	}
	if len(rows) == 0 {
		return nil
	}
	return s.Index.PutAttachments(ctx, rows)
}

// write puts the bytes of a file where they stay, if there is room on this day. If they
// cannot be written, the file is left out, and broken says why.
func (s *Service) write(ctx context.Context, f *attachment.File, content string) (broken, err error) {
	ok, err := s.Index.SpendAttachmentBytes(ctx, f.ProjectID, f.CreatedAt, f.Size, s.cfg.ProjectDayBytes)
	if err != nil {
		return nil, err
	}
	if !ok {
		f.Checksum, f.LeftOut = "", attachment.DayBytes
		return nil, nil
	}
	if _, broken = s.Content.Put(ctx, f.Checksum, strings.NewReader(content)); broken == nil {
		return nil, nil
	}
	f.Checksum, f.LeftOut = "", attachment.Failed
	_, err = s.Index.SpendAttachmentBytes(ctx, f.ProjectID, f.CreatedAt, -f.Size, s.cfg.ProjectDayBytes)
	return broken, err
}

// room says why a file cannot stand beside those that its event has.
func (c Config) room(f attachment.File, known []attachment.File) attachment.Reason {
	total := f.Size
	for _, k := range known {
		if k.Checksum != "" {
			total += k.Size
		}
	}
	switch {
	case len(known) >= c.EventFiles:
		return attachment.EventFiles
	case f.Size > c.ItemBytes:
		return attachment.ItemBytes
	case total > c.EventBytes:
		return attachment.EventBytes
	}
	return ""
}

// find tells where the same file is if it came before, otherwise -1.
func find(known []attachment.File, f attachment.File) int {
	return slices.IndexFunc(known, func(k attachment.File) bool {
		return k.Name == f.Name && k.Size == f.Size && (k.Checksum == f.Checksum || k.Checksum == "")
	})
}

// describe is what a file says of itself, within bounds. What aliases a request would hold
// all of it, so texts are copied.
func describe(in attachment.Incoming) attachment.File {
	f := attachment.File{
		Name: text(in.Name, 255), ContentType: text(in.ContentType, 128), Type: text(in.Type, 64), Size: int64(len(in.Content)),
	}
	if f.Name == "" {
		f.Name = "attachment"
	}
	if f.Type == "" {
		f.Type = attachment.Plain
	}
	return f
}

// text is a text of at most so many bytes.
func text(s string, most int) string {
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), most)]), "")
}
