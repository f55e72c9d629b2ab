// Code made by `make sdk-code`: DO NOT EDIT.

package quangate

import (
	"context"
	"iter"
)

// Orders is client.Orders.
type Orders struct{ core *core }

// Get: Read an order.
func (r *Orders) Get(ctx context.Context, orderNo string) (*Order, error) {
	return call[Order](ctx, r.core, "GET", "/v1/orders/"+part(orderNo), "Order", nil, nil)
}

// GetByOutNo: Read an order by your number.
func (r *Orders) GetByOutNo(ctx context.Context, outOrderNo string) (*Order, error) {
	return call[Order](ctx, r.core, "GET", "/v1/orders/by-out-no/"+part(outOrderNo), "Order", nil, nil)
}

// Cancel: Cancel an order that is bought upstream.
func (r *Orders) Cancel(ctx context.Context, orderNo string) (*Order, error) {
	return call[Order](ctx, r.core, "POST", "/v1/orders/"+part(orderNo)+"/cancel", "Order", nil, nil)
}

// OrderFilter: what may be said; zero values are left out.
type OrderFilter struct {
	State       string `json:"state,omitempty"`
	SKU         string `json:"sku,omitempty"`
	CreatedFrom string `json:"created_from,omitempty"`
	CreatedTo   string `json:"created_to,omitempty"`
	Limit       int64  `json:"limit,omitempty"`
}

// List: List orders.
func (r *Orders) List(ctx context.Context, said ...OrderFilter) iter.Seq2[*Order, error] {
	return pages[Order](ctx, r.core, "/v1/orders", "Order", first(said))
}

// Products is client.Products.
type Products struct{ core *core }

// ProductFilter: what may be said; zero values are left out.
type ProductFilter struct {
	Limit    int64  `json:"limit,omitempty"`
	Category string `json:"category,omitempty"`
	Tag      string `json:"tag,omitempty"`
}

// List: List products.
func (r *Products) List(ctx context.Context, said ...ProductFilter) iter.Seq2[*Product, error] {
	return pages[Product](ctx, r.core, "/v1/products", "Product", first(said))
}

// ProductGetIn: what may be said; zero values are left out.
type ProductGetIn struct {
	Buyer string `json:"buyer,omitempty"`
}

// Get: Read a product.
func (r *Products) Get(ctx context.Context, sku string, said ...ProductGetIn) (*Product, error) {
	return call[Product](ctx, r.core, "GET", "/v1/products/"+part(sku), "Product", first(said), nil)
}

// AccountCalls is client.Account.
type AccountCalls struct{ core *core }

// Get: Read the balance.
func (r *AccountCalls) Get(ctx context.Context) (*Account, error) {
	return call[Account](ctx, r.core, "GET", "/v1/account", "Account", nil, nil)
}

// EntryFilter: what may be said; zero values are left out.
type EntryFilter struct {
	Limit int64 `json:"limit,omitempty"`
}

// Entries: List movements of money.
func (r *AccountCalls) Entries(ctx context.Context, said ...EntryFilter) iter.Seq2[*Entry, error] {
	return pages[Entry](ctx, r.core, "/v1/account/entries", "Entry", first(said))
}

// Statements is client.Statements.
type Statements struct{ core *core }

// Get: Read a day's statement.
func (r *Statements) Get(ctx context.Context, date string) (*Statement, error) {
	return call[Statement](ctx, r.core, "GET", "/v1/statements/"+part(date), "Statement", nil, nil)
}

// Holds is client.Holds.
type Holds struct{ core *core }

// HoldPlaceIn: what may be said; zero values are left out.
type HoldPlaceIn struct {
	OutHoldNo string   `json:"out_hold_no,omitempty"`
	SKU       string   `json:"sku,omitempty"`
	Quantity  int64    `json:"quantity,omitempty"`
	TTLS      int64    `json:"ttl_s,omitempty"`
	Buyer     *BuyerIn `json:"buyer,omitempty"`
	Account   string   `json:"account,omitempty"`
	Campaign  string   `json:"campaign,omitempty"`
}

// Place: Hold goods for a while.
func (r *Holds) Place(ctx context.Context, said HoldPlaceIn) (*Hold, error) {
	return call[Hold](ctx, r.core, "POST", "/v1/holds", "Hold", nil, said)
}

// Get: Read a hold.
func (r *Holds) Get(ctx context.Context, holdNo string) (*Hold, error) {
	return call[Hold](ctx, r.core, "GET", "/v1/holds/"+part(holdNo), "Hold", nil, nil)
}

// HoldFilter: what may be said; zero values are left out.
type HoldFilter struct {
	State string `json:"state,omitempty"`
	SKU   string `json:"sku,omitempty"`
	Limit int64  `json:"limit,omitempty"`
}

// List: List holds.
func (r *Holds) List(ctx context.Context, said ...HoldFilter) iter.Seq2[*Hold, error] {
	return pages[Hold](ctx, r.core, "/v1/holds", "Hold", first(said))
}

// HoldConfirmIn: what may be said; zero values are left out.
type HoldConfirmIn struct {
	OutOrderNo string            `json:"out_order_no,omitempty"`
	MaxAmount  int64             `json:"max_amount,omitempty"`
	NotifyURL  string            `json:"notify_url,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	SKU        string            `json:"sku,omitempty"`
	Quantity   int64             `json:"quantity,omitempty"`
	Buyer      *BuyerIn          `json:"buyer,omitempty"`
	Account    string            `json:"account,omitempty"`
	Campaign   string            `json:"campaign,omitempty"`
}

// Confirm: Make a hold an order.
func (r *Holds) Confirm(ctx context.Context, holdNo string, said HoldConfirmIn) (*Order, error) {
	return call[Order](ctx, r.core, "POST", "/v1/holds/"+part(holdNo)+"/confirm", "Order", nil, said)
}

// Release: Give a hold back.
func (r *Holds) Release(ctx context.Context, holdNo string) (*Hold, error) {
	return call[Hold](ctx, r.core, "POST", "/v1/holds/"+part(holdNo)+"/release", "Hold", nil, nil)
}

// Cases is client.Cases.
type Cases struct{ core *core }

// CaseOpenIn: what may be said; zero values are left out.
type CaseOpenIn struct {
	Kind      string `json:"kind,omitempty"`
	Reason    string `json:"reason,omitempty"`
	OutCaseNo string `json:"out_case_no,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Quantity  int64  `json:"quantity,omitempty"`
	Amount    int64  `json:"amount,omitempty"`
	Recipient string `json:"recipient,omitempty"`
	Index     *int64 `json:"index,omitempty"`
}

// Open: Open a case about an order.
func (r *Cases) Open(ctx context.Context, orderNo string, said CaseOpenIn) (*Case, error) {
	return call[Case](ctx, r.core, "POST", "/v1/orders/"+part(orderNo)+"/cases", "Case", nil, said)
}

// Get: Read a case.
func (r *Cases) Get(ctx context.Context, caseNo string) (*Case, error) {
	return call[Case](ctx, r.core, "GET", "/v1/cases/"+part(caseNo), "Case", nil, nil)
}

// CaseFilter: what may be said; zero values are left out.
type CaseFilter struct {
	OrderNo string `json:"order_no,omitempty"`
	State   string `json:"state,omitempty"`
	Limit   int64  `json:"limit,omitempty"`
}

// List: List cases.
func (r *Cases) List(ctx context.Context, said ...CaseFilter) iter.Seq2[*Case, error] {
	return pages[Case](ctx, r.core, "/v1/cases", "Case", first(said))
}

// Withdraw: Withdraw a case.
func (r *Cases) Withdraw(ctx context.Context, caseNo string) (*Case, error) {
	return call[Case](ctx, r.core, "POST", "/v1/cases/"+part(caseNo)+"/withdraw", "Case", nil, nil)
}

// Deliveries is client.Deliveries.
type Deliveries struct{ core *core }

// DeliveryFilter: what may be said; zero values are left out.
type DeliveryFilter struct {
	OrderNo string `json:"order_no,omitempty"`
	State   string `json:"state,omitempty"`
	Limit   int64  `json:"limit,omitempty"`
}

// List: List webhook messages.
func (r *Deliveries) List(ctx context.Context, said ...DeliveryFilter) iter.Seq2[*Delivery, error] {
	return pages[Delivery](ctx, r.core, "/v1/webhooks/deliveries", "Delivery", first(said))
}

// Replay: Send a webhook message again.
func (r *Deliveries) Replay(ctx context.Context, id string) (*Delivery, error) {
	return call[Delivery](ctx, r.core, "POST", "/v1/webhooks/deliveries/"+part(id)+"/replay", "Delivery", nil, nil)
}

// Test: Send a test message.
func (r *Deliveries) Test(ctx context.Context) (*Delivery, error) {
	return call[Delivery](ctx, r.core, "POST", "/v1/webhooks/test", "Delivery", nil, nil)
}

// Campaigns is client.Campaigns.
type Campaigns struct{ core *core }

// CampaignTakePlaceIn: what may be said; zero values are left out.
type CampaignTakePlaceIn struct {
	Buyer string `json:"buyer,omitempty"`
}

// TakePlace: Wait for a pass.
func (r *Campaigns) TakePlace(ctx context.Context, campaign string, said CampaignTakePlaceIn) (*PassPlace, error) {
	return call[PassPlace](ctx, r.core, "POST", "/v1/campaigns/"+part(campaign)+"/passes", "PassPlace", nil, said)
}
