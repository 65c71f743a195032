package rule

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/faultline-dev/faultline/internal/issue"
)

// Email is the channel that sends mail.
const Email = "email"

// DeliveryID is the identity of telling one receiver of one cause: the same
// however many rules match it, and however often the message about it arrives.
// The cause is the id of the event, or the version of the change where no event
// is known.
func DeliveryID(id issue.ID, cause, channel, recipient string) string {
	h := sha256.New()
	for _, part := range [...]string{id.String(), cause, channel, recipient} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Final reports whether nothing more will happen to the delivery.
func (d Delivery) Final() bool {
	return d.Status == Sent || d.Status == GaveUp || d.Status == Suppressed
}
