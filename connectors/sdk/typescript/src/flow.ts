// What a call does, try by try, over fetch.

import type { KeyRing } from "./codes.js";
import type { Order } from "./models.js";
import { QuangateError, UnknownOutcomeError, unexpected } from "./problem.js";
import { read, readProblem, refusal } from "./reading.js";
import { RETRIED, wait } from "./retrying.js";
import { checkWhole, part, type Signer, withQuery } from "./signing.js";

export const VERSION = "0.1.0";

/** What a call says. */
export interface Said {
  readonly query?: object;
  readonly body?: object;
  readonly retries?: number;
}

// Of Node, of Bun: there was no connection, so nothing was sent.
const UNSENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH", "ConnectionRefused"];

/** A try whose request may have been carried out: its answer says nothing, or did not come. */
export class LostError extends QuangateError {}

function lost(error: QuangateError): LostError {
  const { status, retryAfter } = error;
  return new LostError(error.code, error.message, { status, retryable: true, retryAfter });
}

/** A member as it is said, or not at all. JSON.stringify would escape half a letter, and others not. */
function sayable(name: string, value: unknown): unknown {
  checkWhole(name);
  if (typeof value === "string") checkWhole(value);
  return value ?? undefined;
}

/** What all calls of a client share: how they are signed, sent, read and tried again. */
export class Calls {
  clock = (): number => Date.now() / 1000;
  chance = Math.random;
  sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));

  constructor(
    readonly url: URL,
    readonly signer: Signer,
    readonly keys: KeyRing,
    readonly timeoutMs: number,
    readonly maxRetries: number,
  ) {}

  /** Try until there is an answer, or no more tries. Rejects with QuangateError. */
  async call(method: string, path: string, model: string, said: Said = {}): Promise<unknown> {
    return this.send(method, path, said, (body) => read(model, body, this.keys));
  }

  /** The same with an answer that `reading` understands, or throws. */
  async send<T>(method: string, path: string, said: Said, reading: (body: unknown) => T): Promise<T> {
    const target = withQuery(this.url.pathname.replace(/\/+$/, "") + path, said.query ?? {});
    const body = said.body === undefined ? "" : JSON.stringify(said.body, sayable);
    const left = said.retries ?? this.maxRetries;
    let isLost = false;
    let isClockRight = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(method, target, body, reading);
      } catch (error) {
        if (!(error instanceof QuangateError)) throw error;
        isLost ||= error instanceof LostError;
        if (error.serverTime !== undefined && !isClockRight) {
          isClockRight = true;
          this.signer.offset = error.serverTime - this.clock();
          tries -= 1;
          continue;
        }
        const isTried = RETRIED.includes(error.status) || error.code === "connection-failed";
        const seconds = isTried && tries <= left ? wait(tries, error.retryAfter, this.chance(), this.clock()) : undefined;
        // A refusal decides, unless it says only "not now" and a try before it was lost.
        if (seconds === undefined) throw isLost && error.retryable ? lost(error) : error;
        await this.sleep(seconds);
      }
    }
  }

  async #once<T>(method: string, target: string, body: string, reading: (body: unknown) => T): Promise<T> {
    const headers = await this.signer.headers(method, target, body, this.clock());
    const { status, text, retryAfter } = await this.fetch(method, target, body, headers);
    if (status >= 200 && status < 300) {
      try {
        return reading(JSON.parse(text));
      } catch {
        throw lost(unexpected(status));
      }
    }
    const error = readProblem(status, text, retryAfter);
    const isOurs = error.code !== "unexpected-answer";
    throw [500, 502, 504].includes(status) || (status === 503 && !isOurs) ? lost(error) : error;
  }

  /** Send once. Rejects with QuangateError `connection-failed` where there is no answer. */
  async fetch(method: string, target: string, body: string, headers: Record<string, string>) {
    try {
      const answer = await fetch(this.url.origin + target, {
        method,
        headers: {
          ...headers,
          ...(body ? { "Content-Type": "application/json" } : {}),
          "User-Agent": `quangate-typescript/${VERSION}`,
        },
        body: body || null,
        redirect: "manual",
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("Retry-After") };
    } catch (error) {
      const cause = (error as { cause?: { code?: string }; code?: string }) ?? {};
      const isUnsent = UNSENT.includes(cause.cause?.code ?? cause.code ?? "");
      const failed = new QuangateError("connection-failed", "there was no answer", { retryable: true });
      throw isUnsent ? failed : lost(failed);
    }
  }

  /** Place an order; one whose answer is lost is asked for before anything is thrown. */
  async place(order: { readonly out_order_no: string }): Promise<Order> {
    try {
      return (await this.call("POST", "/v1/orders", "Order", { body: order })) as Order;
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
    }
    const found = await this.#find(order.out_order_no);
    if (found instanceof QuangateError) throw new UnknownOutcomeError(order.out_order_no);
    return found;
  }

  /** Place many; of each its order or why there is none, in order. */
  async batch(orders: readonly { readonly out_order_no: string }[]): Promise<(Order | QuangateError)[]> {
    try {
      return await this.send("POST", "/v1/orders/batch", { body: { orders } }, (body) => {
        const { results } = body as { results: { status: number; order?: unknown; problem?: unknown }[] };
        if (results.length !== orders.length) throw new TypeError("results");
        return results.map(({ status, order, problem }) =>
          order ? (read("Order", order, this.keys) as Order) : refusal(status, problem),
        );
      });
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
    }
    const found: (Order | QuangateError)[] = [];
    let isAway = false;
    for (const { out_order_no: number } of orders) {
      const one: Order | QuangateError = isAway ? new UnknownOutcomeError(number) : await this.#find(number);
      isAway ||= one instanceof QuangateError && one.status === 0;
      found.push(one instanceof QuangateError ? new UnknownOutcomeError(number) : one);
    }
    return found;
  }

  async #find(number: string): Promise<Order | QuangateError> {
    try {
      const path = `/v1/orders/by-out-no/${part(number)}`;
      return (await this.call("GET", path, "Order", { retries: 0 })) as Order;
    } catch (error) {
      if (error instanceof QuangateError) return error;
      throw error;
    }
  }
}

/** What the resources of a client stand on. */
export class Resource {
  protected readonly calls: Calls;

  constructor(calls: Calls) {
    // Not to be seen when a client is printed.
    Object.defineProperty(this, "calls", { value: calls, enumerable: false });
    this.calls = calls;
  }

  protected call<T>(method: string, path: string, model: string, said: Said = {}): Promise<T> {
    return this.calls.call(method, path, model, said) as Promise<T>;
  }

  /** All of a list, page by page as it is looked at. */
  protected async *pages<T>(path: string, model: string, query: object): AsyncIterableIterator<T> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await this.calls.send("GET", path, { query: { ...query, cursor } }, (body) => {
        const { data, next_cursor: next } = body as { data: unknown[]; next_cursor?: string | null };
        return { data: data.map((one) => read(model, one, this.calls.keys) as T), next: next ?? null };
      });
      yield* page.data;
      cursor = page.next;
    }
  }
}
