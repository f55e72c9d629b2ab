// Code made by `make sdk-code`: DO NOT EDIT.

package quangate

// Account: The partner's money.
type Account struct {
	// An amount in minor units (分).
	Balance int64 `json:"balance"`
	// An amount in minor units (分).
	CreditLimit int64 `json:"credit_limit"`
	// An amount in minor units (分).
	Available int64  `json:"available"`
	Currency  string `json:"currency"`
}

// BuyerIn: Who buys, as the partner knows them.
type BuyerIn struct {
	ID string `json:"id,omitempty"`
	// An IPv4 or IPv6 address alone: no port, zone or network.
	IP     string `json:"ip,omitempty"`
	Device string `json:"device,omitempty"`
}

// Case: A case.
type Case struct {
	CaseNo    string  `json:"case_no"`
	OutCaseNo string  `json:"out_case_no"`
	OrderNo   string  `json:"order_no"`
	Kind      string  `json:"kind"`
	State     string  `json:"state"`
	Reason    string  `json:"reason"`
	Detail    *string `json:"detail"`
	Index     *int64  `json:"index"`
	Quantity  *int64  `json:"quantity"`
	// An amount in minor units (分).
	Amount    *int64  `json:"amount"`
	Recipient *string `json:"recipient"`
	Outcome   *string `json:"outcome"`
	Answer    *string `json:"answer"`
	Rule      *string `json:"rule"`
	// An amount in minor units (分).
	RefundedAmount int64   `json:"refunded_amount"`
	Replaced       int64   `json:"replaced"`
	DeadlineAt     *string `json:"deadline_at"`
	CreatedAt      string  `json:"created_at"`
	UpdatedAt      string  `json:"updated_at"`
}

// Delivery: One webhook message and how its delivery stands.
type Delivery struct {
	ID            string  `json:"id"`
	WebhookID     string  `json:"webhook_id"`
	Type          string  `json:"type"`
	OrderNo       *string `json:"order_no"`
	URL           *string `json:"url"`
	State         string  `json:"state"`
	Attempts      int64   `json:"attempts"`
	LastStatus    *int64  `json:"last_status"`
	NextAttemptAt *string `json:"next_attempt_at"`
	CreatedAt     string  `json:"created_at"`
}

// Entry: One movement of money.
type Entry struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// Signed, in minor units (分).
	Amount int64 `json:"amount"`
	// An amount in minor units (分).
	BalanceAfter int64   `json:"balance_after"`
	OrderNo      *string `json:"order_no"`
	Reference    *string `json:"reference"`
	CreatedAt    string  `json:"created_at"`
}

// Failure: Why an order failed, wholly or in part.
type Failure struct {
	Code   *string `json:"code"`
	Detail *string `json:"detail"`
}

// HeldSum: The holds of a SKU in the state that was asked for (`held` if none was), added up.
type HeldSum struct {
	SKU      string `json:"sku"`
	Holds    int64  `json:"holds"`
	Quantity int64  `json:"quantity"`
	// An amount in minor units (分).
	Amount int64 `json:"amount"`
}

// Hold: A hold.
type Hold struct {
	HoldNo    string  `json:"hold_no"`
	OutHoldNo string  `json:"out_hold_no"`
	SKU       string  `json:"sku"`
	Quantity  int64   `json:"quantity"`
	Account   *string `json:"account"`
	Campaign  *string `json:"campaign"`
	// An amount in minor units (分).
	Amount    int64   `json:"amount"`
	Currency  string  `json:"currency"`
	State     string  `json:"state"`
	OrderNo   *string `json:"order_no"`
	ExpiresAt string  `json:"expires_at"`
	CreatedAt string  `json:"created_at"`
	UpdatedAt string  `json:"updated_at"`
}

// Limits: How many may be bought: by one buyer in all (null: no limit), and in one order.
type Limits struct {
	PerBuyer    *int64      `json:"per_buyer"`
	QuantityMax int64       `json:"quantity_max"`
	Left        *int64      `json:"left"`
	Quotas      []QuotaLeft `json:"quotas"`
}

// Order: An order.
type Order struct {
	OrderNo    string  `json:"order_no"`
	OutOrderNo string  `json:"out_order_no"`
	SKU        string  `json:"sku"`
	Quantity   int64   `json:"quantity"`
	Account    *string `json:"account"`
	// An amount in minor units (分).
	Amount            int64  `json:"amount"`
	Currency          string `json:"currency"`
	State             string `json:"state"`
	Codes             []Code `json:"codes"`
	DeliveredQuantity int64  `json:"delivered_quantity"`
	// An amount in minor units (分).
	RefundedAmount *int64 `json:"refunded_amount"`
	Replaced       *int64 `json:"replaced"`
	// Why an order failed, wholly or in part.
	Failure   *Failure          `json:"failure"`
	Metadata  map[string]string `json:"metadata"`
	CreatedAt string            `json:"created_at"`
	UpdatedAt string            `json:"updated_at"`
	// True in the sandbox.
	Sandbox *bool `json:"sandbox"`
}

// PassPlace: A buyer's place.
type PassPlace struct {
	Number      int64   `json:"number"`
	Serving     int64   `json:"serving"`
	Pass        *string `json:"pass"`
	ExpiresAt   *string `json:"expires_at"`
	RetryAfterS int64   `json:"retry_after_s"`
}

// Product: A SKU at this partner's price (null: it has none at the moment, and is not available).
type Product struct {
	SKU  string `json:"sku"`
	Name string `json:"name"`
	Kind string `json:"kind"`
	// An amount in minor units (分).
	FaceValue *int64 `json:"face_value"`
	// An amount in minor units (分).
	Price       *int64   `json:"price"`
	Currency    string   `json:"currency"`
	Available   bool     `json:"available"`
	StockLevel  string   `json:"stock_level"`
	AccountRule *string  `json:"account_rule"`
	Limits      Limits   `json:"limits"`
	Category    *string  `json:"category"`
	Tags        []string `json:"tags"`
	UpdatedAt   string   `json:"updated_at"`
}

// QuotaLeft: What of a limit is left for this buyer.
type QuotaLeft struct {
	Quota    string  `json:"quota"`
	Max      int64   `json:"max"`
	Left     int64   `json:"left"`
	ResetsAt *string `json:"resets_at"`
}

// Statement: The entries of one UTC day as a CSV file.
type Statement struct {
	Date     string `json:"date"`
	Complete bool   `json:"complete"`
	// Rows of the CSV without its header line.
	Rows int64 `json:"rows"`
	// Lower-case hex, of the CSV behind `url`.
	SHA256 string `json:"sha256"`
	// Where the CSV is for 15 minutes.
	URL    string          `json:"url"`
	Totals StatementTotals `json:"totals"`
}

// StatementTotals: Sums over the day in minor units.
type StatementTotals struct {
	Currency       string `json:"currency"`
	OpeningBalance int64  `json:"opening_balance"`
	Deposit        int64  `json:"deposit"`
	Charge         int64  `json:"charge"`
	Refund         int64  `json:"refund"`
	Adjustment     int64  `json:"adjustment"`
	ClosingBalance int64  `json:"closing_balance"`
}

// Per model its members: kind, [] many, {} by name, ? or null, ~ may be missing.
var shapes = map[string]map[string]string{
	"Account":         {"balance": "i", "credit_limit": "i", "available": "i", "currency": "t"},
	"Case":            {"case_no": "t", "out_case_no": "t", "order_no": "t", "kind": "t", "state": "t", "reason": "t", "detail": "t?", "index": "i?", "quantity": "i?", "amount": "i?", "recipient": "t?", "outcome": "t?", "answer": "t?", "rule": "t?", "refunded_amount": "i", "replaced": "i", "deadline_at": "t?", "created_at": "t", "updated_at": "t"},
	"Delivery":        {"id": "t", "webhook_id": "t", "type": "t", "order_no": "t?", "url": "t?", "state": "t", "attempts": "i", "last_status": "i?", "next_attempt_at": "t?", "created_at": "t"},
	"Entry":           {"id": "t", "kind": "t", "amount": "i", "balance_after": "i", "order_no": "t?", "reference": "t?", "created_at": "t"},
	"Failure":         {"code": "~t", "detail": "~t"},
	"HeldSum":         {"sku": "t", "holds": "i", "quantity": "i", "amount": "i"},
	"Hold":            {"hold_no": "t", "out_hold_no": "t", "sku": "t", "quantity": "i", "account": "t?", "campaign": "t?", "amount": "i", "currency": "t", "state": "t", "order_no": "t?", "expires_at": "t", "created_at": "t", "updated_at": "t"},
	"Limits":          {"per_buyer": "i?", "quantity_max": "i", "left": "~i?", "quotas": "~QuotaLeft[]"},
	"Order":           {"order_no": "t", "out_order_no": "t", "sku": "t", "quantity": "i", "account": "t?", "amount": "i", "currency": "t", "state": "t", "codes": "~SealedCode[]", "delivered_quantity": "i", "refunded_amount": "~i", "replaced": "~i", "failure": "~Failure?", "metadata": "~t{}?", "created_at": "t", "updated_at": "t", "sandbox": "~b"},
	"PassPlace":       {"number": "i", "serving": "i", "pass": "t?", "expires_at": "t?", "retry_after_s": "i"},
	"Product":         {"sku": "t", "name": "t", "kind": "t", "face_value": "i?", "price": "i?", "currency": "t", "available": "b", "stock_level": "t", "account_rule": "t?", "limits": "Limits", "category": "t?", "tags": "t[]", "updated_at": "t"},
	"QuotaLeft":       {"quota": "t", "max": "i", "left": "i", "resets_at": "t?"},
	"Statement":       {"date": "t", "complete": "b", "rows": "i", "sha256": "t", "url": "t", "totals": "StatementTotals"},
	"StatementTotals": {"currency": "t", "opening_balance": "i", "deposit": "i", "charge": "i", "refund": "i", "adjustment": "i", "closing_balance": "i"},
	"SealedCode":      {"jwe": "t"},
}
