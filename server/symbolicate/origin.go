package symbolicate

import "github.com/faultline-dev/faultline/internal/event"

// origin is what a frame is now, to be kept when it is explained.
func origin(f *event.Frame) event.Origin {
	return event.Origin{
		Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: f.AbsPath,
		Line: f.Line, Column: f.Column, InApp: f.InApp, ContextLine: f.ContextLine,
	}
}

// asSent is a frame as it was before it was explained, and still says that it was.
func asSent(f *event.Frame) event.Frame {
	if f.Origin == nil {
		return *f
	}
	sent, o := *f, f.Origin
	sent.Function, sent.Module, sent.Filename, sent.AbsPath = o.Function, o.Module, o.Filename, o.AbsPath
	sent.Line, sent.Column, sent.InApp = o.Line, o.Column, o.InApp
	sent.PreContext, sent.ContextLine, sent.PostContext = nil, o.ContextLine, nil
	return sent
}
