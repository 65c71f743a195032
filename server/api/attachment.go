package api

import (
	"mime"
	"net/http"
	"strconv"

	"github.com/faultline-dev/faultline/internal/project"
)

// attachmentPath is where the bytes of attachments are. The last part is a file's id or name.
const attachmentPath = "GET /api/v1/projects/{project_id}/events/{event_id}/attachments/{attachment}"

// attachmentPolicy keeps a browser from running anything out of a file that somebody sent.
const attachmentPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// attachmentHandler sends the bytes of a file as a download. Pictures may be shown by our own
// pages; nothing is ever opened as a page of this origin.
func attachmentHandler(o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		err := func() error {
			access, err := caller(ctx)
			if err != nil {
				return err
			}
			id, err := strconv.ParseUint(r.PathValue("project_id"), 10, 32)
			if err != nil {
				return project.ErrNotFound
			}
			f, content, err := o.Query.OpenAttachment(ctx, access, uint32(id), r.PathValue("event_id"), r.PathValue("attachment"))
			if err != nil {
				return err
			}
			defer content.Close()
			h := w.Header()
			h.Set("Content-Type", shownAs(f.ContentType))
			h.Set("Content-Disposition", disposition(f.Name))
			h.Set("Content-Security-Policy", attachmentPolicy)
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Cache-Control", "private, max-age=3600")
			http.ServeContent(w, r, "", f.CreatedAt, content)
			return nil
		}()
		if err != nil {
			writeStatus(w, toStatus(ctx, o.Log, err))
		}
	})
}

// shownAs is the type under which a file is sent: that of a picture or a text, else that
// of bytes, because what a client says of its file is not to be believed.
func shownAs(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "application/octet-stream"
	}
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return kind
	case "text/plain":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// disposition asks a browser to save the file under its name.
func disposition(name string) string {
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": name}); d != "" {
		return d
	}
	return "attachment"
}
