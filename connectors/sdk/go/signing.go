package quangate

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// unbase64url reads base64url without padding, or with it.
func unbase64url(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("that is no base64url")
	}
	return raw, nil
}

func signingKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "qs_")
	if !ok {
		return nil, errors.New("quangate: a secret begins with qs_")
	}
	key, err := unbase64url(text)
	if err != nil {
		return nil, errors.New("quangate: the secret is no base64url")
	}
	return key, nil
}

// signature is "v1=" and the HMAC; target is the path with its query, as it is sent.
func signature(key []byte, method, target, timestamp, nonce string, body []byte) string {
	digest := sha256.Sum256(body)
	said := strings.Join([]string{method, target, timestamp, nonce, hex.EncodeToString(digest[:])}, "\n")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(said))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func random() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // it never fails: the runtime ends the program instead
	return hex.EncodeToString(raw)
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

func escape(text string) string {
	if !utf8.ValidString(text) {
		return half
	}
	var out strings.Builder
	for i := range len(text) {
		if strings.IndexByte(unreserved, text[i]) >= 0 {
			out.WriteByte(text[i])
		} else {
			fmt.Fprintf(&out, "%%%02X", text[i])
		}
	}
	return out.String()
}

// What stands in a target for a segment that cannot be one, and for what is no text; send refuses it.
const (
	nothing = "\x00"
	half    = "\xff"
)

// lossy finds where encoding/json has put U+FFFD for bytes that are no UTF-8, which would be another
// order's content, or number: it escapes that one, and leaves one that was said as it is.
var lossy = regexp.MustCompile(`[^\\](\\\\)*\\ufffd`)

func part(text string) string {
	if text == "" || text == "." || text == ".." {
		return nothing
	}
	return escape(text)
}

// pair is one parameter of a query.
type pair struct{ name, value string }

// pairsOf reads a struct's members that say something, in the order of their names.
func pairsOf(said any) []pair {
	if said == nil {
		return nil
	}
	raw, _ := json.Marshal(said)
	if lossy.Match(raw) {
		return []pair{{half, half}}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	pairs := make([]pair, 0, len(members))
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		pairs = append(pairs, pair{name, text})
	}
	sort.Slice(pairs, func(i, j int) bool { return rank(pairs[i].name) < rank(pairs[j].name) })
	return pairs
}

// rank keeps the order of the API's document where it is looked at.
func rank(name string) string {
	order := map[string]string{"state": "0", "order_no": "0", "sku": "1", "created_from": "2", "created_to": "3", "limit": "4"}
	return order[name] + name
}

func withQuery(path string, pairs []pair) string {
	said := make([]string, len(pairs))
	for i, one := range pairs {
		said[i] = escape(one.name) + "=" + escape(one.value)
	}
	if len(said) == 0 {
		return path
	}
	return path + "?" + strings.Join(said, "&")
}

func checkBaseURL(text string) (*url.URL, error) {
	found, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || found.Host == "" || (found.Scheme != "http" && found.Scheme != "https") {
		return nil, errors.New("quangate: BaseURL is no http(s) address")
	}
	host := found.Hostname()
	if found.Scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return nil, errors.New("quangate: BaseURL must be https: plain http is for loopback only")
	}
	if found.RawQuery != "" || found.Fragment != "" || found.User != nil {
		return nil, errors.New("quangate: BaseURL has a query, a fragment or a user")
	}
	return found, nil
}
