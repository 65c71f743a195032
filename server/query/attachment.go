package query

import (
	"context"
	"fmt"
	"io"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

// Attachments finds the files of events.
type Attachments interface {
	// List returns the files of an event, the first that came first.
	List(ctx context.Context, projectID uint32, id event.ID) ([]attachment.File, error)
	// Open returns the bytes of a file, or project.ErrNotFound.
	Open(ctx context.Context, f attachment.File) (io.ReadSeekCloser, error)
}

// ListAttachments returns the files of an event, with those that were left out.
func (s *Service) ListAttachments(ctx context.Context, a project.Access, projectID uint32, name string) ([]attachment.File, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return nil, err
	}
	id, err := eventID(name)
	if err != nil || s.Attachments == nil {
		return nil, err
	}
	files, err := s.Attachments.List(ctx, p.ID, id)
	if err != nil {
		return nil, fmt.Errorf("list the attachments of event %s: %w", id, err)
	}
	return files, nil
}

// OpenAttachment returns a file of an event by its id, or the last of its name, with its bytes,
// which must be closed.
func (s *Service) OpenAttachment(ctx context.Context, a project.Access, projectID uint32, eventName, name string) (attachment.File, io.ReadSeekCloser, error) {
	files, err := s.ListAttachments(ctx, a, projectID, eventName)
	if err != nil {
		return attachment.File{}, nil, err
	}
	var found attachment.File
	for _, f := range files {
		if f.ID == name {
			found = f
			break
		}
		if f.Name == name && (f.Checksum != "" || found.ID == "") {
			found = f
		}
	}
	if found.ID == "" {
		return attachment.File{}, nil, fmt.Errorf("attachment %s: %w", name, project.ErrNotFound)
	}
	content, err := s.Attachments.Open(ctx, found)
	return found, content, err
}
