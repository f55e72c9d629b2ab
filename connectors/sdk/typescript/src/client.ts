// The client.

import { INSPECT, KeyRing } from "./codes.js";
import { Calls } from "./flow.js";
import type { BuyerIn, Order } from "./models.js";
import { InvalidStatementError, type QuangateError, unexpected } from "./problem.js";
import * as resources from "./resources.js";
import { checkBaseUrl, hex, Signer } from "./signing.js";

/** How a client is made. */
export interface Options {
  readonly baseUrl: string;
  readonly keyId: string;
  readonly secret: string;
  /** Of this key; without one codes stay sealed. */
  readonly deliveryKey?: string | undefined;
  /** By key id: those before, too, while a key is rotated. */
  readonly deliveryKeys?: Readonly<Record<string, string>> | undefined;
  /** Of one try, whole. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Default: 2. */
  readonly maxRetries?: number | undefined;
}

/** What an order says. Equal content under the same number is the same order again. */
export interface OrderIn {
  readonly out_order_no: string;
  readonly sku: string;
  readonly quantity?: number | undefined;
  readonly account?: string | undefined;
  readonly max_amount?: number | undefined;
  readonly buyer?: BuyerIn | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly notify_url?: string | undefined;
  readonly campaign?: string | undefined;
}

/** `client.orders`. */
export class Orders extends resources.OrdersCalls {
  /**
   * Place an order, exactly once for its number however often it is tried. Rejects with
   * UnknownOutcomeError when nobody knows: then the same call again is safe. Other errors say that
   * there is no order.
   */
  place(order: OrderIn): Promise<Order> {
    return this.calls.place(order);
  }

  /** Place up to 500: of each its order, or why there is none. */
  batch(orders: readonly OrderIn[]): Promise<(Order | QuangateError)[]> {
    return this.calls.batch(orders);
  }
}

/** `client.statements`. */
export class Statements extends resources.StatementsCalls {
  /** A day's CSV, checked. Rejects with InvalidStatementError. */
  async download(day: string): Promise<Uint8Array> {
    const statement = await this.get(day);
    const url = new URL(statement.url, this.calls.url);
    if (url.origin !== this.calls.url.origin) throw unexpected(200);
    const signal = AbortSignal.timeout(this.calls.timeoutMs);
    const answer = await fetch(url, { redirect: "manual", signal }).catch(() => undefined);
    if (answer?.status !== 200) throw unexpected(answer?.status ?? 0);
    const file = await answer.arrayBuffer();
    if (hex(await crypto.subtle.digest("SHA-256", file)) !== statement.sha256) throw new InvalidStatementError();
    return new Uint8Array(file);
  }
}

/** A client of one key. It shows no secret when it is printed or made JSON. */
export class Quangate {
  readonly baseUrl: string;
  readonly keyId: string;
  declare readonly calls: Calls;
  declare readonly orders: Orders;
  declare readonly products: resources.ProductsCalls;
  declare readonly account: resources.AccountCalls;
  declare readonly statements: Statements;
  declare readonly holds: resources.HoldsCalls;
  declare readonly cases: resources.CasesCalls;
  declare readonly deliveries: resources.DeliveriesCalls;
  declare readonly campaigns: resources.CampaignsCalls;

  constructor(options: Options) {
    const { keyId, secret, deliveryKey, timeoutMs = 30_000, maxRetries = 2 } = options;
    if (!Number.isInteger(maxRetries) || maxRetries < 0) throw new TypeError("maxRetries is no number of retries");
    const url = checkBaseUrl(options.baseUrl);
    const keys = new KeyRing({ ...(deliveryKey ? { [keyId]: deliveryKey } : {}), ...options.deliveryKeys });
    const calls = new Calls(url, new Signer(keyId, secret), keys, timeoutMs, maxRetries);
    this.baseUrl = url.href.replace(/\/+$/, "");
    this.keyId = keyId;
    const parts = {
      calls,
      orders: new Orders(calls),
      products: new resources.ProductsCalls(calls),
      account: new resources.AccountCalls(calls),
      statements: new Statements(calls),
      holds: new resources.HoldsCalls(calls),
      cases: new resources.CasesCalls(calls),
      deliveries: new resources.DeliveriesCalls(calls),
      campaigns: new resources.CampaignsCalls(calls),
    };
    for (const [name, value] of Object.entries(parts)) Object.defineProperty(this, name, { value });
  }

  toString(): string {
    return `Quangate(${this.baseUrl}, ${this.keyId})`;
  }

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}
