package quangate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Event is a verified message.
type Event struct {
	ID        string
	Type      string
	Timestamp string
	Sequence  int64           // grows per order: what is older than what you know is to be ignored
	Data      json.RawMessage // as it came
	Order     *Order          // where the type begins with "order."
	Seen      bool            // it was handled already: answer it with 2xx all the same
}

// WebhookOptions says how messages are verified. Tolerance 0: five minutes. Seen says whether a
// message was handled already. Now nil: the clock.
type WebhookOptions struct {
	Tolerance time.Duration
	Seen      func(id string) bool
	Now       func() time.Time
}

func invalidWebhook(detail string) error { return &Error{Code: "invalid-webhook", Detail: detail} }

// VerifyWebhook gives the event in a request, if it is of the gateway; else ErrInvalidWebhook. body is
// the request's bytes as they came, secrets are "whsec_…", several while one is rotated.
func VerifyWebhook(body []byte, header http.Header, secrets []string, options WebhookOptions) (*Event, error) {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseUint(stamp, 10, 62)
	if id == "" || err != nil {
		return nil, invalidWebhook("its headers are not whole")
	}
	now, tolerance := time.Now(), options.Tolerance
	if options.Now != nil {
		now = options.Now()
	}
	if tolerance == 0 {
		tolerance = 5 * time.Minute
	}
	if now.Sub(time.Unix(int64(seconds), 0)).Abs() > tolerance {
		return nil, invalidWebhook("its timestamp is too far from now")
	}
	said := append([]byte(id+"."+stamp+"."), body...)
	signed, err := isSigned(said, header.Get("webhook-signature"), secrets)
	if err != nil {
		return nil, err
	}
	if !signed {
		return nil, invalidWebhook("no signature of it is right")
	}
	event, err := readEvent(id, body)
	if err != nil {
		return nil, invalidWebhook("its body is no message")
	}
	event.Seen = options.Seen != nil && options.Seen(id)
	return event, nil
}

func isSigned(said []byte, signatures string, secrets []string) (bool, error) {
	found := false
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return false, errors.New("quangate: a webhook secret is whsec_ and base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(said)
		right := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, one := range strings.Fields(signatures) {
			found = hmac.Equal([]byte(one), right) || found
		}
	}
	return found, nil
}

func readEvent(id string, body []byte) (*Event, error) {
	var said struct {
		Type      *string         `json:"type"`
		Timestamp string          `json:"timestamp"`
		Sequence  int64           `json:"sequence"`
		Data      json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Type == nil {
		return nil, errShape
	}
	event := &Event{ID: id, Type: *said.Type, Timestamp: said.Timestamp, Sequence: said.Sequence, Data: said.Data}
	if !strings.HasPrefix(event.Type, "order.") {
		return event, nil
	}
	var err error
	event.Order, err = read[Order](said.Data, "Order", nil)
	return event, err
}

// WebhookHandler answers 204 to what verifies once handle was called, 400 to what does not, and 500
// where handle failed: then it comes again.
func WebhookHandler(secrets []string, handle func(*Event) error, options WebhookOptions) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(to, request.Body, 1<<20))
		if err != nil {
			to.WriteHeader(http.StatusBadRequest)
			return
		}
		event, err := VerifyWebhook(body, request.Header, secrets, options)
		switch {
		case err != nil:
			to.WriteHeader(http.StatusBadRequest)
		case !event.Seen && handle(event) != nil:
			to.WriteHeader(http.StatusInternalServerError)
		default:
			to.WriteHeader(http.StatusNoContent)
		}
	})
}
