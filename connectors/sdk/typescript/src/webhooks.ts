// Webhooks as they arrive: verified over their bytes, then read (Standard Webhooks).

import { KeyRing } from "./codes.js";
import type { Order } from "./models.js";
import { InvalidWebhookError } from "./problem.js";
import { read } from "./reading.js";
import { bytes, hmacKey } from "./signing.js";

/** Request headers, as Node, fetch or a test has them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A verified message. `data` is an Order where the type begins with `order.`. */
export interface Event {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  /** Grows per order: what is older than what you know is to be ignored. */
  readonly sequence: number;
  readonly data: Order | Readonly<Record<string, unknown>>;
  /** It was handled already: answer it with 2xx all the same. */
  readonly seen: boolean;
}

/** How a message is verified. */
export interface VerifyOptions {
  /** Default: 300. */
  readonly toleranceSeconds?: number | undefined;
  /** Whether a message was handled already. */
  readonly seen?: ((id: string) => boolean | Promise<boolean>) | undefined;
  /** Unix seconds; default: the clock. */
  readonly now?: (() => number) | undefined;
}

const NO_KEYS = new KeyRing({});
const encoder = new TextEncoder();

/**
 * The event in a request, if it is of the gateway. `body` is the request's bytes as they came,
 * `secrets` are `whsec_…`, several while one is rotated. Rejects with InvalidWebhookError.
 */
export async function verify(
  body: Uint8Array | string,
  headers: HeadersLike,
  secrets: readonly string[] | string,
  options: VerifyOptions = {},
): Promise<Event> {
  const given = lowered(headers);
  const id = given["webhook-id"] ?? "";
  const stamp = given["webhook-timestamp"] ?? "";
  if (!id || !/^[0-9]+$/.test(stamp)) throw new InvalidWebhookError("its headers are not whole");
  const now = options.now?.() ?? Date.now() / 1000;
  if (!(Math.abs(now - Number(stamp)) <= (options.toleranceSeconds ?? 300))) {
    throw new InvalidWebhookError("its timestamp is too far from now");
  }
  const raw = typeof body === "string" ? encoder.encode(body) : body;
  const head = encoder.encode(`${id}.${stamp}.`);
  const said = new Uint8Array(head.length + raw.length);
  said.set(head);
  said.set(raw, head.length);
  const known = typeof secrets === "string" ? [secrets] : secrets;
  if (!(await isSigned(said, given["webhook-signature"] ?? "", known))) {
    throw new InvalidWebhookError("no signature of it is right");
  }
  const event = readEvent(id, raw);
  return { ...event, seen: (await options.seen?.(id)) ?? false };
}

function lowered(headers: HeadersLike): Record<string, string> {
  const pairs = headers instanceof Headers ? [...headers.entries()] : Object.entries(headers);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value ?? "")]));
}

async function isSigned(said: Uint8Array<ArrayBuffer>, signatures: string, secrets: readonly string[]): Promise<boolean> {
  const given = signatures.split(" ").filter((each) => each.startsWith("v1,")).map((each) => each.slice(3));
  let found = false;
  for (const secret of secrets) {
    const key = await hmacKey(bytes(secret.replace(/^whsec_/, "")));
    const right = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign("HMAC", key, said))));
    for (const one of given) found = isEqual(one, right) || found;
  }
  return found;
}

/** In a time that says nothing of where they differ. */
function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < other.length; i += 1) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}

function readEvent(id: string, raw: Uint8Array): Omit<Event, "seen"> {
  try {
    const said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw)) as Record<string, unknown>;
    const { type, timestamp, sequence, data } = said;
    if (typeof type !== "string") throw new TypeError("type");
    return {
      id,
      type,
      timestamp: String(timestamp ?? ""),
      sequence: Number(sequence ?? 0),
      data: (type.startsWith("order.") ? read("Order", data, NO_KEYS) : data) as Event["data"],
    };
  } catch {
    throw new InvalidWebhookError("its body is no message");
  }
}

/** What Express' and Node's requests and responses have, as far as it is used. */
interface Incoming extends AsyncIterable<Uint8Array> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}
interface Outgoing {
  statusCode: number;
  end(): unknown;
}

/**
 * A handler for Express and `node:http`: 204 when handled, 400 to what does not verify. It reads the
 * body itself, or takes the bytes of `express.raw({ type: "*\/*" })`.
 */
export function expressHandler(
  secrets: readonly string[],
  handle: (event: Event) => void | Promise<void>,
  options: VerifyOptions = {},
): (request: Incoming, response: Outgoing) => Promise<void> {
  return async (request, response) => {
    try {
      const event = await verify(await bodyOf(request), request.headers, secrets, options);
      if (!event.seen) await handle(event);
      response.statusCode = 204;
    } catch (error) {
      response.statusCode = error instanceof InvalidWebhookError ? 400 : 500;
    }
    response.end();
  };
}

async function bodyOf(request: Incoming): Promise<Uint8Array> {
  if (request.body instanceof Uint8Array) return request.body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
