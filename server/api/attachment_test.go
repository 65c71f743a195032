package api_test

import (
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/disk"
)

// folder is a disk store whose files are only read.
type folder struct{ *disk.Store }

func (f folder) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	return f.Store.Open(ctx, name)
}

func TestAttachmentsAreListedAndDownloaded(t *testing.T) {
	f := newFixture(t)
	id := event.NewID()
	f.files.Keep(t.Context(), f.web.ID, id, []attachment.Incoming{
		{Name: "shot.png", ContentType: "image/png", Content: "old"},
		{Name: "shot.png", ContentType: "image/png", Content: "png"},
		{Name: "böse \"x\".html", ContentType: "text/html", Content: "<script>"},
		{Name: "huge", Content: string(make([]byte, 21<<20))},
	}, time.Now())
	path := "/api/v1/projects/1/events/" + id.String() + "/attachments"
	get := func(token, path string, want int) (map[string][]string, string) {
		t.Helper()
		w, body := f.http(t.Context(), "GET", path, "", map[string]string{"Authorization": "Bearer " + token})
		if w.StatusCode != want {
			t.Errorf("%s: %d %s", path, w.StatusCode, body)
		}
		return w.Header, string(body)
	}
	_, body := get(f.viewer, path, 200)
	var list struct {
		Attachments []struct{ ID, Filename, Size, LeftOut string }
	}
	f.check(json.Unmarshal([]byte(body), &list))
	if n := len(list.Attachments); n != 4 || list.Attachments[1].Size != "3" || list.Attachments[3].LeftOut != "attachment_item_bytes" {
		t.Fatal(body)
	}
	header, body := get(f.viewer, path+"/shot.png", 200)
	if body != "png" || header["Content-Type"][0] != "image/png" || header["Content-Disposition"][0] != "attachment; filename=shot.png" ||
		header["X-Content-Type-Options"][0] != "nosniff" || header["Content-Security-Policy"][0] == "" {
		t.Errorf("%q %v", body, header)
	}
	header, body = get(f.viewer, path+"/"+list.Attachments[2].ID, 200)
	if body != "<script>" || header["Content-Type"][0] != "application/octet-stream" || header["Content-Disposition"][0] != "attachment; filename*=utf-8''b%C3%B6se%20%22x%22.html" {
		t.Errorf("%q %v", body, header)
	}
	get(f.viewer, path+"/huge", 404)
	get(f.viewer, path+"/nothing", 404)
	get(f.viewer, "/api/v1/projects/2/events/"+id.String()+"/attachments/shot.png", 404)
	get(f.viewer, "/api/v1/projects/1/events/x/attachments/shot.png", 400)
	get(f.newToken([]project.Scope{project.ScopeProjectRead}), path+"/shot.png", 403)
	get("nonsense", path+"/shot.png", 401)
	if w, body := f.http(t.Context(), "GET", path+"/shot.png", "", map[string]string{"Cookie": f.session}); w.StatusCode != 200 {
		t.Errorf("with the session: %d %s", w.StatusCode, body)
	}
}
