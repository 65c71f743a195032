package faultline

import (
	"fmt"
	"sync"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// facts are the parts of events that never change, encoded once. Fields of
// encoded messages may follow each other in any order, so they are appended.
type facts struct {
	modules  []byte
	contexts map[string][]byte
}

var encodedFacts = sync.OnceValue(func() facts {
	f := facts{contexts: map[string][]byte{}}
	f.modules, _ = proto.Marshal(&eventv1.Event{Modules: validMap(buildModules())})
	for name, c := range surroundings() {
		f.contexts[name], _ = proto.Marshal(&eventv1.Event{Contexts: map[string]*structpb.Struct{name: toStruct(c)}})
	}
	return f
})

// encode returns the event in the contract's encoding.
func (e *Event) encode() ([]byte, error) {
	msg := e.toProto()
	if e.complete {
		data, err := proto.Marshal(msg)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		return data, nil
	}
	if _, own := msg.Contexts["runtime"]; !own {
		msg.Contexts["runtime"] = toStruct(runtimeContext())
	}
	data, err := proto.Marshal(msg)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	f := encodedFacts()
	if e.Modules == nil {
		data = append(data, f.modules...)
	}
	for name, encoded := range f.contexts {
		if _, own := msg.Contexts[name]; !own {
			data = append(data, encoded...)
		}
	}
	return data, nil
}
