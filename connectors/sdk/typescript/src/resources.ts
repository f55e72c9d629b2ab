// What a client can call. Made by `make sdk-code`: edit nothing here.

import type { Account, BuyerIn, Case, Delivery, Entry, Hold, Order, PassPlace, Product, Statement } from "./models.js";
import { Resource } from "./flow.js";
import { part } from "./signing.js";

/** `client.orders`. */
export class OrdersCalls extends Resource {
  /** Read an order. */
  get(orderNo: string): Promise<Order> {
    return this.call("GET", `/v1/orders/${part(orderNo)}`, "Order");
  }
  /** Read an order by your number. */
  getByOutNo(outOrderNo: string): Promise<Order> {
    return this.call("GET", `/v1/orders/by-out-no/${part(outOrderNo)}`, "Order");
  }
  /** Cancel an order that is bought upstream. */
  cancel(orderNo: string): Promise<Order> {
    return this.call("POST", `/v1/orders/${part(orderNo)}/cancel`, "Order");
  }
  /** List orders. */
  list(said: { state?: string | undefined; sku?: string | undefined; created_from?: string | Date | undefined; created_to?: string | Date | undefined; limit?: number | undefined; } = {}): AsyncIterableIterator<Order> {
    return this.pages("/v1/orders", "Order", said);
  }
}

/** `client.products`. */
export class ProductsCalls extends Resource {
  /** List products. */
  list(said: { limit?: number | undefined; category?: string | undefined; tag?: string | undefined; } = {}): AsyncIterableIterator<Product> {
    return this.pages("/v1/products", "Product", said);
  }
  /** Read a product. */
  get(sku: string, said: { buyer?: string | undefined; } = {}): Promise<Product> {
    return this.call("GET", `/v1/products/${part(sku)}`, "Product", { query: said });
  }
}

/** `client.account`. */
export class AccountCalls extends Resource {
  /** Read the balance. */
  get(): Promise<Account> {
    return this.call("GET", "/v1/account", "Account");
  }
  /** List movements of money. */
  entries(said: { limit?: number | undefined; } = {}): AsyncIterableIterator<Entry> {
    return this.pages("/v1/account/entries", "Entry", said);
  }
}

/** `client.statements`. */
export class StatementsCalls extends Resource {
  /** Read a day's statement. */
  get(date: string): Promise<Statement> {
    return this.call("GET", `/v1/statements/${part(date)}`, "Statement");
  }
}

/** `client.holds`. */
export class HoldsCalls extends Resource {
  /** Hold goods for a while. */
  place(said: { out_hold_no: string | undefined; sku: string | undefined; quantity?: number | undefined; ttl_s?: number | undefined; buyer?: BuyerIn | undefined; account?: string | undefined; campaign?: string | undefined; }): Promise<Hold> {
    return this.call("POST", "/v1/holds", "Hold", { body: said });
  }
  /** Read a hold. */
  get(holdNo: string): Promise<Hold> {
    return this.call("GET", `/v1/holds/${part(holdNo)}`, "Hold");
  }
  /** List holds. */
  list(said: { state?: string | undefined; sku?: string | undefined; limit?: number | undefined; } = {}): AsyncIterableIterator<Hold> {
    return this.pages("/v1/holds", "Hold", said);
  }
  /** Make a hold an order. */
  confirm(holdNo: string, said: { out_order_no: string | undefined; max_amount?: number | undefined; notify_url?: string | undefined; metadata?: Readonly<Record<string, string>> | undefined; sku?: string | undefined; quantity?: number | undefined; buyer?: BuyerIn | undefined; account?: string | undefined; campaign?: string | undefined; }): Promise<Order> {
    return this.call("POST", `/v1/holds/${part(holdNo)}/confirm`, "Order", { body: said });
  }
  /** Give a hold back. */
  release(holdNo: string): Promise<Hold> {
    return this.call("POST", `/v1/holds/${part(holdNo)}/release`, "Hold");
  }
}

/** `client.cases`. */
export class CasesCalls extends Resource {
  /** Open a case about an order. */
  open(orderNo: string, said: { kind: string | undefined; reason: string | undefined; out_case_no: string | undefined; detail?: string | undefined; quantity?: number | undefined; amount?: number | undefined; recipient?: string | undefined; index?: number | undefined; }): Promise<Case> {
    return this.call("POST", `/v1/orders/${part(orderNo)}/cases`, "Case", { body: said });
  }
  /** Read a case. */
  get(caseNo: string): Promise<Case> {
    return this.call("GET", `/v1/cases/${part(caseNo)}`, "Case");
  }
  /** List cases. */
  list(said: { order_no?: string | undefined; state?: string | undefined; limit?: number | undefined; } = {}): AsyncIterableIterator<Case> {
    return this.pages("/v1/cases", "Case", said);
  }
  /** Withdraw a case. */
  withdraw(caseNo: string): Promise<Case> {
    return this.call("POST", `/v1/cases/${part(caseNo)}/withdraw`, "Case");
  }
}

/** `client.deliveries`. */
export class DeliveriesCalls extends Resource {
  /** List webhook messages. */
  list(said: { order_no?: string | undefined; state?: string | undefined; limit?: number | undefined; } = {}): AsyncIterableIterator<Delivery> {
    return this.pages("/v1/webhooks/deliveries", "Delivery", said);
  }
  /** Send a webhook message again. */
  replay(id: string): Promise<Delivery> {
    return this.call("POST", `/v1/webhooks/deliveries/${part(id)}/replay`, "Delivery");
  }
  /** Send a test message. */
  test(): Promise<Delivery> {
    return this.call("POST", "/v1/webhooks/test", "Delivery");
  }
}

/** `client.campaigns`. */
export class CampaignsCalls extends Resource {
  /** Wait for a pass. */
  takePlace(campaign: string, said: { buyer: string | undefined; }): Promise<PassPlace> {
    return this.call("POST", `/v1/campaigns/${part(campaign)}/passes`, "PassPlace", { body: said });
  }
}

