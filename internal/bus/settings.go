package bus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
)

const subjectSettings = "settings.changed"

// SettingsChanged tells every part that what it keeps about a project is out of date; 0 means
// all projects. Parts that do not hear it notice when their own copy expires.
func (b *Bus) SettingsChanged(_ context.Context, projectID uint32) error {
	data, err := proto.Marshal(&busv1.SettingsChanged{ProjectId: projectID})
	if err != nil {
		return fmt.Errorf("encode changed settings: %w", err)
	}
	if err := b.conn.Publish(subjectSettings, data); err != nil {
		return fmt.Errorf("publish changed settings: %w", err)
	}
	return nil
}

// OnSettingsChanged calls fn with each project whose settings changed, until stop is called.
// Calls come one at a time; fn must not block.
func (b *Bus) OnSettingsChanged(fn func(projectID uint32)) (stop func(), err error) {
	sub, err := b.conn.Subscribe(subjectSettings, func(msg *nats.Msg) {
		var m busv1.SettingsChanged
		if err := proto.Unmarshal(msg.Data, &m); err != nil {
			b.log.Warn("a message about changed settings cannot be read", "error", err)
			return
		}
		fn(m.ProjectId)
	})
	if err == nil {
		err = b.conn.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("listen for changed settings: %w", err)
	}
	return b.unsubscribe(sub), nil
}

// unsubscribe ends a subscription; a closed connection has ended it already.
func (b *Bus) unsubscribe(sub *nats.Subscription) func() {
	return func() {
		if err := sub.Unsubscribe(); err != nil {
			b.log.Debug("a subscription had ended before", "error", err)
		}
	}
}
