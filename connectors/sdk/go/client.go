// Package quangate is a client for Quangate: orders of virtual goods, signed; codes opened where they
// are wanted.
package quangate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// Config says how a client is made. Keys of DeliveryKeys are key ids: those before, too, while a key
// is rotated. Timeout is of one try (0: 30 s); MaxRetries nil: 2.
type Config struct {
	BaseURL      string
	KeyID        string
	Secret       string
	DeliveryKey  string
	DeliveryKeys map[string]string
	Timeout      time.Duration
	MaxRetries   *int
}

// Format hides the secrets, whatever the verb.
func (c Config) Format(to fmt.State, _ rune) {
	_, _ = io.WriteString(to, "Config("+c.BaseURL+", "+c.KeyID+")")
}

// MarshalJSON hides the secrets.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(c)) }

// Client is a client of one key, for any number of goroutines.
type Client struct {
	Orders     *OrderCalls
	Products   *Products
	Account    *AccountCalls
	Statements *StatementCalls
	Holds      *Holds
	Cases      *Cases
	Deliveries *Deliveries
	Campaigns  *Campaigns
	core       *core
}

// Format hides the secrets, whatever the verb.
func (c *Client) Format(to fmt.State, _ rune) {
	_, _ = io.WriteString(to, "Client("+c.core.url.String()+", "+c.core.keyID+")")
}

// MarshalJSON hides the secrets.
func (c *Client) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(c)) }

// New makes a client. What cannot work is refused at once.
func New(config Config) (*Client, error) {
	found, err := checkBaseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	key, err := signingKey(config.Secret)
	if err != nil {
		return nil, err
	}
	if config.MaxRetries != nil && *config.MaxRetries < 0 {
		return nil, errors.New("quangate: MaxRetries is less than 0")
	}
	known := map[string]string{}
	if config.DeliveryKey != "" {
		known[config.KeyID] = config.DeliveryKey
	}
	maps.Copy(known, config.DeliveryKeys)
	keys, err := newKeyRing(known)
	if err != nil {
		return nil, err
	}
	c := newCore(config, found, key, keys)
	return &Client{
		Orders: &OrderCalls{Orders{c}}, Products: &Products{c}, Account: &AccountCalls{c},
		Statements: &StatementCalls{Statements{c}}, Holds: &Holds{c}, Cases: &Cases{c}, Deliveries: &Deliveries{c},
		Campaigns: &Campaigns{c}, core: c,
	}, nil
}

// OrderIn is what an order says; zero values are left out. Equal content under the same number is the
// same order again.
type OrderIn struct {
	OutOrderNo string            `json:"out_order_no"`
	SKU        string            `json:"sku"`
	Quantity   int64             `json:"quantity,omitempty"`
	Account    string            `json:"account,omitempty"`
	MaxAmount  int64             `json:"max_amount,omitempty"`
	Campaign   string            `json:"campaign,omitempty"`
	Buyer      *BuyerIn          `json:"buyer,omitempty"`
	NotifyURL  string            `json:"notify_url,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

// OrderCalls is client.Orders.
type OrderCalls struct{ Orders }

// Place places an order, exactly once for its number however often it is tried. ErrUnknownOutcome:
// nobody knows, and the same call again is safe; other errors say that there is no order.
func (o *OrderCalls) Place(ctx context.Context, order OrderIn) (*Order, error) {
	found, err := call[Order](ctx, o.core, "POST", "/v1/orders", "Order", nil, order)
	var failed *Error
	if errors.As(err, &failed) && failed.lost {
		if found, err = o.find(ctx, order.OutOrderNo); err != nil {
			return nil, unknownOutcome(order.OutOrderNo)
		}
	}
	return found, err
}

func (o *OrderCalls) find(ctx context.Context, number string) (*Order, error) {
	path := "/v1/orders/by-out-no/" + part(number)
	return callOften[Order](ctx, o.core, "GET", path, "Order", nil, nil, 0)
}

// BatchResult is what became of one line: an order, or why there is none.
type BatchResult struct {
	Order *Order
	Err   error
}

// Batch places up to 500: of each its order, or why there is none, in order.
func (o *OrderCalls) Batch(ctx context.Context, orders []OrderIn) ([]BatchResult, error) {
	var results []BatchResult
	body := map[string]any{"orders": orders}
	failed := o.core.send(ctx, "POST", "/v1/orders/batch", nil, body, o.core.retries, func(answer []byte) (err error) {
		results, err = o.readBatch(answer, len(orders))
		return err
	})
	if failed == nil {
		return results, nil
	}
	if !failed.lost {
		return nil, failed
	}
	results, isAway := results[:0], false
	for _, order := range orders {
		result := BatchResult{Err: unknownOutcome(order.OutOrderNo)}
		if !isAway {
			found, err := o.find(ctx, order.OutOrderNo)
			if err == nil {
				result = BatchResult{Order: found}
			}
			var failed *Error
			isAway = errors.As(err, &failed) && failed.Status == 0
		}
		results = append(results, result)
	}
	return results, nil
}

func (o *OrderCalls) readBatch(answer []byte, wanted int) ([]BatchResult, error) {
	var said struct {
		Results []struct {
			Status  int             `json:"status"`
			Order   json.RawMessage `json:"order"`
			Problem json.RawMessage `json:"problem"`
		} `json:"results"`
	}
	if json.Unmarshal(answer, &said) != nil || len(said.Results) != wanted {
		return nil, errShape
	}
	results := make([]BatchResult, wanted)
	for i, line := range said.Results {
		if line.Order == nil {
			results[i].Err = readProblem(line.Status, line.Problem, "")
			continue
		}
		found, err := read[Order](line.Order, "Order", o.core.keys)
		if err != nil {
			return nil, err
		}
		results[i].Order = found
	}
	return results, nil
}

// StatementCalls is client.Statements.
type StatementCalls struct{ Statements }

// Download gives a day's CSV, checked; the error is ErrInvalidStatement where it is another file.
func (s *StatementCalls) Download(ctx context.Context, day string) ([]byte, error) {
	statement, err := s.Get(ctx, day)
	if err != nil {
		return nil, err
	}
	at, err := s.core.url.Parse(statement.URL)
	if err != nil || at.Host != s.core.url.Host || at.Scheme != s.core.url.Scheme {
		return nil, unexpected(200, "")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, unexpected(200, "")
	}
	answer, err := s.core.http.Do(request)
	if err != nil {
		return nil, unanswered(err)
	}
	defer func() { _ = answer.Body.Close() }()
	file, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, unexpected(answer.StatusCode, "")
	}
	if digest := sha256.Sum256(file); hex.EncodeToString(digest[:]) != statement.SHA256 {
		return nil, &Error{Code: "invalid-statement", Detail: "the file does not match its sha256"}
	}
	return file, nil
}
