// Codes as they are delivered, sealed to a key, and opened only when they are asked for.

import { InvalidCodeError } from "./problem.js";
import { unbase64url } from "./signing.js";

export const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const MEMBERS = ["code", "pin", "url", "expires_at"] as const;

/** A code in the clear. It shows nothing when it is printed or made JSON. */
export class Opened {
  readonly #said: Readonly<Record<string, string | null>>;

  constructor(said: Readonly<Record<string, string | null>>) {
    this.#said = said;
  }

  get code(): string | null {
    return this.#said["code"] ?? null;
  }

  get pin(): string | null {
    return this.#said["pin"] ?? null;
  }

  get url(): string | null {
    return this.#said["url"] ?? null;
  }

  /** RFC 3339. */
  get expires_at(): string | null {
    return this.#said["expires_at"] ?? null;
  }

  toString(): string {
    return "Opened(…)";
  }

  toJSON(): string {
    return "Opened(…)";
  }

  [INSPECT](): string {
    return "Opened(…)";
  }
}

/** Delivery keys (`qd_…`) by key id, several during a rotation. */
export class KeyRing {
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  constructor(keys: Readonly<Record<string, string>>) {
    for (const [kid, text] of Object.entries(keys)) {
      if (!text.startsWith("qd_")) throw new TypeError("a delivery key begins with qd_");
      const raw = unbase64url(text.slice(3));
      if (raw.length !== 32) throw new TypeError("a delivery key has 32 bytes");
      this.#keys.set(kid, crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]));
    }
  }

  /** Open a JWE compact: `dir`, A256GCM, a key id of ours. Rejects with InvalidCodeError. */
  async open(jwe: string): Promise<Opened> {
    const parts = jwe.split(".");
    if (parts.length !== 5 || parts[1]) throw new InvalidCodeError("it is no JWE compact of a direct key");
    const [header, iv, sealed, tag] = read(parts as [string, string, string, string, string]);
    const key = await this.#keyOf(header);
    if (iv.length !== 12 || tag.length !== 16) throw new InvalidCodeError("its nonce or tag has another length");
    const whole = new Uint8Array(sealed.length + tag.length);
    whole.set(sealed);
    whole.set(tag, sealed.length);
    const additionalData = new TextEncoder().encode(parts[0]);
    let plain: ArrayBuffer;
    try {
      plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, whole);
    } catch {
      throw new InvalidCodeError("it was changed, or sealed with another key");
    }
    return opened(plain);
  }

  #keyOf(header: unknown): Promise<CryptoKey> {
    if (typeof header !== "object" || header === null || "crit" in header || "zip" in header) {
      throw new InvalidCodeError("its header asks for what is not done here");
    }
    const said = header as Record<string, unknown>;
    if (said["alg"] !== "dir" || said["enc"] !== "A256GCM") {
      throw new InvalidCodeError("it is sealed in another way than dir, A256GCM");
    }
    const key = this.#keys.get(String(said["kid"]));
    if (key === undefined) throw new InvalidCodeError("no delivery key is known for its key id");
    return key;
  }
}

type Raw = Uint8Array<ArrayBuffer>;

function read(parts: [string, string, string, string, string]): [unknown, Raw, Raw, Raw] {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(unbase64url(parts[0])));
    return [header, unbase64url(parts[2]), unbase64url(parts[3]), unbase64url(parts[4])];
  } catch {
    throw new InvalidCodeError("it is no JWE compact");
  }
}

function opened(plain: ArrayBuffer): Opened {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
  } catch {
    said = null;
  }
  if (typeof said !== "object" || said === null) throw new InvalidCodeError("what is in it is no code");
  const found = Object.fromEntries(MEMBERS.map((name) => [name, (said as Record<string, unknown>)[name] ?? null]));
  const wrong = Object.values(found).some((each) => each !== null && typeof each !== "string");
  if (wrong || (found["code"] === null && found["url"] === null)) {
    throw new InvalidCodeError("what is in it is no code");
  }
  return new Opened(found as Record<string, string | null>);
}

/** A sealed code of an order. `open()` gives it in the clear. */
export class Code {
  readonly #jwe: string;
  readonly #keys: KeyRing;

  constructor(jwe: string, keys: KeyRing) {
    this.#jwe = jwe;
    this.#keys = keys;
  }

  /** As it came, still sealed. */
  get jwe(): string {
    return this.#jwe;
  }

  /** The code in the clear. Rejects with InvalidCodeError; needs the key's delivery key. */
  open(): Promise<Opened> {
    return this.#keys.open(this.#jwe);
  }

  toString(): string {
    return "Code(…)";
  }

  toJSON(): string {
    return "Code(…)";
  }

  [INSPECT](): string {
    return "Code(…)";
  }
}
