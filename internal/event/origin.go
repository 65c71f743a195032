package event

// Origin is what a frame was before a source map, a mapping or symbols explained it.
type Origin struct {
	Function    string
	Module      string
	Filename    string
	AbsPath     string
	Line        uint32
	Column      uint32
	InApp       InApp
	ContextLine string
	// Inlined tells that the frame was not sent: it is one more call at the place of the
	// frame that follows it.
	Inlined bool
}

// Sent is the frame as it was sent; it still has its Origin.
func (f *Frame) Sent() Frame {
	if f.Origin == nil {
		return *f
	}
	sent, o := *f, f.Origin
	sent.Function, sent.Module, sent.Filename, sent.AbsPath = o.Function, o.Module, o.Filename, o.AbsPath
	sent.Line, sent.Column, sent.InApp = o.Line, o.Column, o.InApp
	sent.PreContext, sent.ContextLine, sent.PostContext = nil, o.ContextLine, nil
	return sent
}

// Sight is the frame as it is now, to be kept as the Origin of what it becomes.
func (f *Frame) Sight() Origin {
	return Origin{
		Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: f.AbsPath,
		Line: f.Line, Column: f.Column, InApp: f.InApp, ContextLine: f.ContextLine,
	}
}

// Calls makes calls of what was sent as one: explain says what a frame is, the outermost
// call first, or nothing if it does not know. Stacks that events share are copied. It
// returns how many of the frames that were sent are explained.
func (s *Stacktrace) Calls(explain func(sent *Frame) []Frame) (explained int) {
	var frames []Frame // nil: nothing is explained yet
	begin := 0         // of the calls that were sent as one frame
	for i := range s.Frames {
		f := &s.Frames[i]
		if f.Origin != nil && f.Origin.Inlined && i+1 < len(s.Frames) {
			continue
		}
		sent := f.Sent()
		sent.Origin = nil
		calls := explain(&sent)
		if len(calls) == 0 {
			if frames != nil {
				frames = append(frames, s.Frames[begin:i+1]...)
			}
			begin = i + 1
			continue
		}
		if frames == nil {
			frames = append(make([]Frame, 0, len(s.Frames)+len(calls)), s.Frames[:begin]...)
		}
		origins := make([]Origin, len(calls))
		for j := range calls {
			origins[j].Inlined = j < len(calls)-1
			if !origins[j].Inlined {
				origins[j] = sent.Sight()
			}
			calls[j].Origin = &origins[j]
		}
		frames = append(frames, calls...)
		explained++
		begin = i + 1
	}
	if explained > 0 {
		s.Frames, s.Shared = frames, 0
	}
	return explained
}
