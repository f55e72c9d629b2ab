// Signing a request, as the API's document says.

import { InvalidRequestError } from "./errors.js";

const encoder = new TextEncoder();
/** Half of a surrogate pair. */
export const HALF = /\p{Surrogate}/u;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** The bytes of base64url without padding (or with it). Throws TypeError, which repeats nothing. */
export function unbase64url(text: string): Uint8Array<ArrayBuffer> {
  const bare = text.replace(/=+$/, "");
  if (!/^[A-Za-z0-9_-]*$/.test(bare) || bare.length % 4 === 1) throw new TypeError("that is no base64url");
  return bytes(bare.replace(/-/g, "+").replace(/_/g, "/"));
}

/** The bytes of base64. Throws where it is none. */
export function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Lower-case hex. */
export function hex(raw: ArrayBuffer): string {
  return Array.from(new Uint8Array(raw), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of an HMAC-SHA256. */
export function hmacKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const how = { name: "HMAC", hash: "SHA-256" };
  // An empty key is refused here and nowhere else: zeros are the same key.
  return crypto.subtle.importKey("raw", raw.length ? raw : new Uint8Array(1), how, false, ["sign"]);
}

/** Signs with one key. */
export class Signer {
  readonly keyId: string;
  /** Of the gateway's clock before ours, in seconds. */
  offset = 0;
  readonly #key: Promise<CryptoKey>;

  constructor(keyId: string, secret: string) {
    if (!secret.startsWith("qs_")) throw new TypeError("a secret begins with qs_");
    this.keyId = keyId;
    this.#key = hmacKey(unbase64url(secret.slice(3)));
  }

  /** `v1=` and the HMAC; `target` is the path with its query, as it is sent. */
  async signature(method: string, target: string, timestamp: string, nonce: string, body: string): Promise<string> {
    const digest = hex(await crypto.subtle.digest("SHA-256", encoder.encode(body)));
    const said = encoder.encode([method, target, timestamp, nonce, digest].join("\n"));
    return `v1=${hex(await crypto.subtle.sign("HMAC", await this.#key, said))}`;
  }

  /** The four headers, with a fresh nonce; `now` is our clock in Unix seconds. */
  async headers(method: string, target: string, body: string, now: number): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(now + this.offset));
    const nonce = crypto.randomUUID();
    return {
      "X-Quangate-Key": this.keyId,
      "X-Quangate-Timestamp": timestamp,
      "X-Quangate-Nonce": nonce,
      "X-Quangate-Signature": await this.signature(method, target, timestamp, nonce, body),
    };
  }
}

/** Throws QuangateError for half of a surrogate pair, which no request can hold. */
export function checkWhole(text: string): void {
  if (HALF.test(text)) throw new InvalidRequestError("invalid-request", "a text has half of a surrogate pair", { status: 0 });
}

/** Percent-encoded. Throws QuangateError. */
function escaped(text: string): string {
  checkWhole(text);
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A segment of a path, percent-encoded; `.` and `..` cannot be one. */
export function part(text: string): string {
  if (["", ".", ".."].includes(text)) throw new TypeError(`"${text}" names nothing`);
  return escaped(text);
}

/** The target of a request; what is undefined or null is left out. Times become RFC 3339 in UTC. */
export function withQuery(path: string, query: object): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${escaped(name)}=${escaped(value instanceof Date ? value.toISOString() : String(value))}`);
  return pairs.length ? `${path}?${pairs.join("&")}` : path;
}

/** The address without its last slashes. Plain http is for loopback only. */
export function checkBaseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("baseUrl is no http(s) address");
  }
  if (!["http:", "https:"].includes(url.protocol)) throw new TypeError("baseUrl is no http(s) address");
  if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname)) {
    throw new TypeError("baseUrl must be https: plain http is for loopback only");
  }
  if (url.search || url.hash || url.username) throw new TypeError("baseUrl has a query, a fragment or a user");
  return url;
}
