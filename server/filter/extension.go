package filter

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// extensionWords are in the messages of errors that extensions, toolbars and browsers'
// own scripts make in pages that have nothing to do with it.
var extensionWords = [...]string{
	"Extension context invalidated", "Could not establish connection. Receiving end does not exist", "The message port closed before a response was received",
	"top.GLOBALS", "originalCreateNotification", "canvas.contentDocument", "MyApp_RemoveAllHighlights", "Can't find variable: ZiteReader", "jigsaw is not defined",
	"ComboSearch is not defined", "atomicFindClose", "fb_xd_fragment", "bmi_SafeAddOnload", "EBCallBackMessageReceived", "conduitPage", "_gCrWeb", "__gCrWeb",
	"__firefox__", "instantSearchSDKJSBridgeClearHighlight", "vid_mate_check is not defined", "plugin.setSuspendState is not a function", "window.webkit.messageHandlers.selectedDebugHandler",
}

// extension reports whether an error was made by an extension of the browser: by where
// it was thrown, or by what only extensions say.
func extension(e *event.Event) bool {
	if e.Platform != "javascript" {
		return false
	}
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		if ofExtension(thrownAt(x.Stack.Frames)) {
			return true
		}
		for _, words := range extensionWords {
			if strings.Contains(x.Value, words) {
				return true
			}
		}
	}
	return false
}

// thrownAt is the script of the last frame that has one.
func thrownAt(frames []event.Frame) string {
	for i := len(frames) - 1; i >= 0; i-- {
		path := frames[i].AbsPath
		if path == "" {
			path = frames[i].Filename
		}
		if path != "" && path != "<anonymous>" && path != "[native code]" && path != "native" {
			return path
		}
	}
	return ""
}

// ofExtension recognises chrome-extension://, moz-extension://, safari-web-extension://
// and what others may come to be called, browsers' own pages, and what Safari hides.
func ofExtension(path string) bool {
	scheme, _, found := strings.Cut(path, "://")
	if found && len(scheme) < 32 && (strings.HasSuffix(scheme, "extension") || scheme == "chrome" || scheme == "resource") {
		return true
	}
	return strings.HasPrefix(path, "webkit-masked-url:")
}
