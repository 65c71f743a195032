package faultlinetest

import (
	"context"
	"testing"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

func TestEventsAreRecorded(t *testing.T) {
	t.Parallel()
	hub, sent := NewHub(t, faultline.ClientOptions{Release: "v1"})
	go hub.CaptureMessage("hello")
	if !sent.Await(t.Context(), 1) {
		t.Fatal("nothing was recorded")
	}
	if e := sent.Last(); e.Message != "hello" || e.Release != "v1" || e.Contexts["os"] == nil {
		t.Errorf("recorded: %+v", e)
	}
	sent.Reset()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if sent.Await(ended, 1) || sent.Last() != nil || len(sent.Events()) != 0 {
		t.Error("an event is there after Reset")
	}
	hub.Client().Close()
	hub.CaptureMessage("late")
	sent.SendEvent(&faultline.Event{})
	if len(sent.Events()) != 0 {
		t.Error("recorded after Close")
	}
}
