// What is sent and answered, and how an answer is checked. Made by `make sdk-code`: edit nothing here.

import type { Code } from "./codes.js";

/** The partner's money. */
export interface Account {
  /** An amount in minor units (分). */
  readonly balance: number;
  /** An amount in minor units (分). */
  readonly credit_limit: number;
  /** An amount in minor units (分). */
  readonly available: number;
  readonly currency: string;
}

/** Who buys, as the partner knows them. */
export interface BuyerIn {
  readonly id?: string;
  /** An IPv4 or IPv6 address alone: no port, zone or network. */
  readonly ip?: string;
  readonly device?: string;
}

/** A case. */
export interface Case {
  readonly case_no: string;
  readonly out_case_no: string;
  readonly order_no: string;
  readonly kind: string;
  readonly state: string;
  readonly reason: string;
  readonly detail: string | null;
  readonly index: number | null;
  readonly quantity: number | null;
  /** An amount in minor units (分). */
  readonly amount: number | null;
  readonly recipient: string | null;
  readonly outcome: string | null;
  readonly answer: string | null;
  readonly rule: string | null;
  /** An amount in minor units (分). */
  readonly refunded_amount: number;
  readonly replaced: number;
  readonly deadline_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One webhook message and how its delivery stands. */
export interface Delivery {
  readonly id: string;
  readonly webhook_id: string;
  readonly type: string;
  readonly order_no: string | null;
  readonly url: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly next_attempt_at: string | null;
  readonly created_at: string;
}

/** One movement of money. */
export interface Entry {
  readonly id: string;
  readonly kind: string;
  /** Signed, in minor units (分). */
  readonly amount: number;
  /** An amount in minor units (分). */
  readonly balance_after: number;
  readonly order_no: string | null;
  readonly reference: string | null;
  readonly created_at: string;
}

/** Why an order failed, wholly or in part. */
export interface Failure {
  readonly code: string | null;
  readonly detail: string | null;
}

/** The holds of a SKU in the state that was asked for (`held` if none was), added up. */
export interface HeldSum {
  readonly sku: string;
  readonly holds: number;
  readonly quantity: number;
  /** An amount in minor units (分). */
  readonly amount: number;
}

/** A hold. */
export interface Hold {
  readonly hold_no: string;
  readonly out_hold_no: string;
  readonly sku: string;
  readonly quantity: number;
  readonly account: string | null;
  readonly campaign: string | null;
  /** An amount in minor units (分). */
  readonly amount: number;
  readonly currency: string;
  readonly state: string;
  readonly order_no: string | null;
  readonly expires_at: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** How many may be bought: by one buyer in all (null: no limit), and in one order. */
export interface Limits {
  readonly per_buyer: number | null;
  readonly quantity_max: number;
  readonly left: number | null;
  readonly quotas: readonly QuotaLeft[];
}

/** An order. */
export interface Order {
  readonly order_no: string;
  readonly out_order_no: string;
  readonly sku: string;
  readonly quantity: number;
  readonly account: string | null;
  /** An amount in minor units (分). */
  readonly amount: number;
  readonly currency: string;
  readonly state: string;
  readonly codes: readonly Code[];
  readonly delivered_quantity: number;
  /** An amount in minor units (分). */
  readonly refunded_amount: number | null;
  readonly replaced: number | null;
  /** Why an order failed, wholly or in part. */
  readonly failure: Failure | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** True in the sandbox. */
  readonly sandbox: boolean | null;
}

/** A buyer's place. */
export interface PassPlace {
  readonly number: number;
  readonly serving: number;
  readonly pass: string | null;
  readonly expires_at: string | null;
  readonly retry_after_s: number;
}

/** A SKU at this partner's price (null: it has none at the moment, and is not available). */
export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly kind: string;
  /** An amount in minor units (分). */
  readonly face_value: number | null;
  /** An amount in minor units (分). */
  readonly price: number | null;
  readonly currency: string;
  readonly available: boolean;
  readonly stock_level: string;
  readonly account_rule: string | null;
  readonly limits: Limits;
  readonly category: string | null;
  readonly tags: readonly string[];
  readonly updated_at: string;
}

/** What of a limit is left for this buyer. */
export interface QuotaLeft {
  readonly quota: string;
  readonly max: number;
  readonly left: number;
  readonly resets_at: string | null;
}

/** The entries of one UTC day as a CSV file. */
export interface Statement {
  readonly date: string;
  readonly complete: boolean;
  /** Rows of the CSV without its header line. */
  readonly rows: number;
  /** Lower-case hex, of the CSV behind `url`. */
  readonly sha256: string;
  /** Where the CSV is for 15 minutes. */
  readonly url: string;
  readonly totals: StatementTotals;
}

/** Sums over the day in minor units. */
export interface StatementTotals {
  readonly currency: string;
  readonly opening_balance: number;
  readonly deposit: number;
  readonly charge: number;
  readonly refund: number;
  readonly adjustment: number;
  readonly closing_balance: number;
}

/** Members: kind, `[]` many, `{}` by name, `?` or null, `~` may be missing. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Account: { balance: "i", credit_limit: "i", available: "i", currency: "t" },
  Case: { case_no: "t", out_case_no: "t", order_no: "t", kind: "t", state: "t", reason: "t", detail: "t?", index: "i?", quantity: "i?", amount: "i?", recipient: "t?", outcome: "t?", answer: "t?", rule: "t?", refunded_amount: "i", replaced: "i", deadline_at: "t?", created_at: "t", updated_at: "t" },
  Delivery: { id: "t", webhook_id: "t", type: "t", order_no: "t?", url: "t?", state: "t", attempts: "i", last_status: "i?", next_attempt_at: "t?", created_at: "t" },
  Entry: { id: "t", kind: "t", amount: "i", balance_after: "i", order_no: "t?", reference: "t?", created_at: "t" },
  Failure: { code: "~t", detail: "~t" },
  HeldSum: { sku: "t", holds: "i", quantity: "i", amount: "i" },
  Hold: { hold_no: "t", out_hold_no: "t", sku: "t", quantity: "i", account: "t?", campaign: "t?", amount: "i", currency: "t", state: "t", order_no: "t?", expires_at: "t", created_at: "t", updated_at: "t" },
  Limits: { per_buyer: "i?", quantity_max: "i", left: "~i?", quotas: "~QuotaLeft[]" },
  Order: { order_no: "t", out_order_no: "t", sku: "t", quantity: "i", account: "t?", amount: "i", currency: "t", state: "t", codes: "~SealedCode[]", delivered_quantity: "i", refunded_amount: "~i", replaced: "~i", failure: "~Failure?", metadata: "~t{}?", created_at: "t", updated_at: "t", sandbox: "~b" },
  PassPlace: { number: "i", serving: "i", pass: "t?", expires_at: "t?", retry_after_s: "i" },
  Product: { sku: "t", name: "t", kind: "t", face_value: "i?", price: "i?", currency: "t", available: "b", stock_level: "t", account_rule: "t?", limits: "Limits", category: "t?", tags: "t[]", updated_at: "t" },
  QuotaLeft: { quota: "t", max: "i", left: "i", resets_at: "t?" },
  Statement: { date: "t", complete: "b", rows: "i", sha256: "t", url: "t", totals: "StatementTotals" },
  StatementTotals: { currency: "t", opening_balance: "i", deposit: "i", charge: "i", refund: "i", adjustment: "i", closing_balance: "i" },
  SealedCode: { jwe: "t" },
};
