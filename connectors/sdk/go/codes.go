package quangate

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Opened is a code in the clear. It shows nothing when it is printed or made JSON.
type Opened struct {
	Code      string
	Pin       string
	URL       string
	ExpiresAt string // RFC 3339
}

// Format hides it, whatever the verb.
func (Opened) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, "Opened(…)") }

// MarshalJSON hides it.
func (Opened) MarshalJSON() ([]byte, error) { return []byte(`"Opened(…)"`), nil }

// Code is a sealed code of an order.
type Code struct {
	jwe  string
	keys *keyRing
}

// Open gives the code in the clear. It needs the key's delivery key; the error is ErrInvalidCode.
func (c Code) Open() (Opened, error) {
	if c.keys == nil {
		return Opened{}, invalidCode("no delivery key is known for its key id")
	}
	return c.keys.open(c.jwe)
}

// JWE is the code as it came, still sealed.
func (c Code) JWE() string { return c.jwe }

// Format hides it, whatever the verb.
func (Code) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, "Code(…)") }

// MarshalJSON hides it.
func (Code) MarshalJSON() ([]byte, error) { return []byte(`"Code(…)"`), nil }

// UnmarshalJSON reads what an answer has.
func (c *Code) UnmarshalJSON(raw []byte) error {
	var said struct {
		JWE string `json:"jwe"`
	}
	err := json.Unmarshal(raw, &said)
	c.jwe = said.JWE
	return err
}

type keyRing struct{ ciphers map[string]cipher.AEAD }

func newKeyRing(keys map[string]string) (*keyRing, error) {
	ring := &keyRing{ciphers: map[string]cipher.AEAD{}}
	for kid, text := range keys {
		bare, ok := strings.CutPrefix(text, "qd_")
		if !ok {
			return nil, errors.New("quangate: a delivery key begins with qd_")
		}
		raw, err := unbase64url(bare)
		if err != nil || len(raw) != 32 {
			return nil, errors.New("quangate: a delivery key has 32 bytes")
		}
		block, _ := aes.NewCipher(raw) // of 32 bytes it never fails
		ring.ciphers[kid], _ = cipher.NewGCM(block)
	}
	return ring, nil
}

func invalidCode(detail string) error { return &Error{Code: "invalid-code", Detail: detail} }

func (k *keyRing) open(jwe string) (Opened, error) {
	parts := strings.Split(jwe, ".")
	if len(parts) != 5 || parts[1] != "" {
		return Opened{}, invalidCode("it is no JWE compact of a direct key")
	}
	var raw [5][]byte
	for i, text := range parts {
		var err error
		if raw[i], err = unbase64url(text); err != nil {
			return Opened{}, invalidCode("it is no JWE compact")
		}
	}
	aead, err := k.of(raw[0])
	if err != nil {
		return Opened{}, err
	}
	if len(raw[2]) != aead.NonceSize() || len(raw[4]) != aead.Overhead() {
		return Opened{}, invalidCode("its nonce or tag has another length")
	}
	plain, err := aead.Open(nil, raw[2], append(raw[3], raw[4]...), []byte(parts[0]))
	if err != nil {
		return Opened{}, invalidCode("it was changed, or sealed with another key")
	}
	var said struct {
		Code, Pin, URL *string
		ExpiresAt      *string `json:"expires_at"`
	}
	if json.Unmarshal(plain, &said) != nil || (said.Code == nil && said.URL == nil) {
		return Opened{}, invalidCode("what is in it is no code")
	}
	return Opened{Code: of(said.Code), Pin: of(said.Pin), URL: of(said.URL), ExpiresAt: of(said.ExpiresAt)}, nil
}

func (k *keyRing) of(header []byte) (cipher.AEAD, error) {
	var said map[string]any
	if json.Unmarshal(header, &said) != nil || said == nil {
		return nil, invalidCode("its header is none")
	}
	_, hasCrit := said["crit"]
	_, hasZip := said["zip"]
	if hasCrit || hasZip {
		return nil, invalidCode("its header asks for what is not done here")
	}
	if said["alg"] != "dir" || said["enc"] != "A256GCM" {
		return nil, invalidCode("it is sealed in another way than dir, A256GCM")
	}
	kid, _ := said["kid"].(string)
	aead, ok := k.ciphers[kid]
	if !ok {
		return nil, invalidCode("no delivery key is known for its key id")
	}
	return aead, nil
}

func of(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
