package quangate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const version = "0.1.0"

// core is what all calls of a client share: how they are signed, sent, read and tried again.
type core struct {
	url     *url.URL
	keyID   string
	key     []byte
	keys    *keyRing
	http    *http.Client
	retries int
	offset  atomic.Int64 // of the gateway's clock before ours, in seconds
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
}

func newCore(config Config, found *url.URL, key []byte, keys *keyRing) *core {
	retries, timeout := 2, config.Timeout
	if config.MaxRetries != nil {
		retries = *config.MaxRetries
	}
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	return &core{
		url: found, keyID: config.KeyID, key: key, keys: keys, retries: retries, now: time.Now, sleep: sleep,
		http: &http.Client{
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// first is the only one of optional arguments, or none.
func first[T any](said []T) any {
	if len(said) == 0 {
		return nil
	}
	return said[0]
}

// send tries until there is an answer that reading understands, or no more tries.
func (c *core) send(ctx context.Context, method, path string, query []pair, body any, retries int, reading func([]byte) error) *Error {
	if strings.Contains(path, nothing) {
		return &Error{Code: "invalid-argument", Detail: "a name is empty, or a path"}
	}
	target := withQuery(strings.TrimRight(c.url.EscapedPath(), "/")+path, query)
	var sent []byte
	if body != nil {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(body); err != nil {
			return &Error{Code: "invalid-argument", Detail: "what is said is no JSON"}
		}
		sent = bytes.TrimRight(buffer.Bytes(), "\n")
	}
	if strings.Contains(target, half) || lossy.Match(sent) {
		return &Error{Code: "invalid-request", Detail: "a text has half of a surrogate pair, or is no UTF-8"}
	}
	isLost, isClockRight := false, false
	for tries := 1; ; tries++ {
		failed := c.once(ctx, method, target, sent, reading)
		if failed == nil {
			return nil
		}
		isLost = isLost || failed.lost
		if failed.serverTime != nil && !isClockRight {
			isClockRight = true
			c.offset.Store(*failed.serverTime - c.now().Unix())
			tries--
			continue
		}
		pause, again := time.Duration(0), false
		if tries <= retries && ctx.Err() == nil && (isRetried(failed.Status) || failed.Code == "connection-failed") {
			pause, again = wait(tries, failed.retryAfter, rand.Float64(), c.now())
		}
		if !again || c.sleep(ctx, pause) != nil {
			// A refusal decides, unless it says only "not now" and a try before it was lost.
			failed.lost = failed.lost || isLost && failed.Retryable
			return failed
		}
	}
}

func (c *core) once(ctx context.Context, method, target string, body []byte, reading func([]byte) error) *Error {
	status, answer, after, failed := c.fetch(ctx, method, target, body)
	if failed != nil {
		return failed
	}
	if status >= 200 && status < 300 {
		if reading(answer) != nil {
			failed = unexpected(status, "")
			failed.lost, failed.Retryable = true, true
			return failed
		}
		return nil
	}
	failed = readProblem(status, answer, after)
	isOurs := failed.Code != "unexpected-answer"
	if status == 500 || status == 502 || status == 504 || status == 503 && !isOurs {
		failed.lost, failed.Retryable = true, true
	}
	return failed
}

func (c *core) fetch(ctx context.Context, method, target string, body []byte) (int, []byte, string, *Error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url.Scheme+"://"+c.url.Host+target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, "", &Error{Code: "invalid-argument", Detail: "the request cannot be made"}
	}
	if len(body) == 0 {
		// Else a dropped connection has net/http send it again, with the nonce that was used.
		request.Body, request.GetBody = io.NopCloser(strings.NewReader("")), nil
	}
	stamp, nonce := strconv.FormatInt(c.now().Unix()+c.offset.Load(), 10), random()
	request.Header.Set("X-Quangate-Key", c.keyID)
	request.Header.Set("X-Quangate-Timestamp", stamp)
	request.Header.Set("X-Quangate-Nonce", nonce)
	request.Header.Set("X-Quangate-Signature", signature(c.key, method, target, stamp, nonce, body))
	request.Header.Set("User-Agent", "quangate-go/"+version)
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, nil, "", unanswered(err)
	}
	defer func() { _ = answer.Body.Close() }()
	whole, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, "", &Error{Code: "connection-failed", Detail: "there was no answer", Retryable: true, lost: true}
	}
	return answer.StatusCode, whole, answer.Header.Get("Retry-After"), nil
}

// unanswered says whether the gateway may have got the request: not where there was no connection.
func unanswered(err error) *Error {
	var dialing *net.OpError
	isUnsent := errors.As(err, &dialing) && dialing.Op == "dial"
	return &Error{Code: "connection-failed", Detail: "there was no answer", Retryable: true, lost: !isUnsent}
}

// call is one call that answers a model.
func call[T any](ctx context.Context, c *core, method, path, model string, query, body any) (*T, error) {
	return callOften[T](ctx, c, method, path, model, query, body, c.retries)
}

func callOften[T any](ctx context.Context, c *core, method, path, model string, query, body any, retries int) (*T, error) {
	var found *T
	failed := c.send(ctx, method, path, pairsOf(query), body, retries, func(answer []byte) (err error) {
		found, err = read[T](answer, model, c.keys)
		return err
	})
	if failed != nil {
		return nil, failed
	}
	return found, nil
}

// pages is all of a list, page by page as it is looked at.
func pages[T any](ctx context.Context, c *core, path, model string, query any) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		cursor := ""
		for {
			pairs := pairsOf(query)
			if cursor != "" {
				pairs = append(pairs, pair{"cursor", cursor})
			}
			var page struct {
				Data       []json.RawMessage `json:"data"`
				NextCursor *string           `json:"next_cursor"`
			}
			var items []*T
			failed := c.send(ctx, "GET", path, pairs, nil, c.retries, func(answer []byte) error {
				if err := json.Unmarshal(answer, &page); err != nil || page.Data == nil {
					return errShape
				}
				for _, raw := range page.Data {
					one, err := read[T](raw, model, c.keys)
					if err != nil {
						return err
					}
					items = append(items, one)
				}
				return nil
			})
			if failed != nil {
				yield(nil, failed)
				return
			}
			for _, one := range items {
				if !yield(one, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			cursor = *page.NextCursor
		}
	}
}
