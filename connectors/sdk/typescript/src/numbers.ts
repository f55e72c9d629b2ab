// Order numbers that are on disk before they are sent: one for an intent, for ever.

import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { HALF } from "./signing.js";

/**
 * A folder with one small file for each intent; any number of processes may share it.
 *
 * `number(intent)` gives the same number whenever the same intent (a basket, a payment, a row of
 * your own) is asked for, also after a crash between asking and ordering.
 */
export class NumberStore {
  readonly #folder: string;

  constructor(path: string) {
    this.#folder = path;
    fs.mkdirSync(path, { recursive: true });
  }

  /** The number of an intent, made if there is none; durable when it is returned. */
  number(intent: string): string {
    // Half of a surrogate pair has no bytes of its own: two intents would have one number.
    if (!intent || HALF.test(intent)) throw new TypeError("an intent has a name, of whole letters");
    const file = join(this.#folder, createHash("sha256").update(intent).digest("hex"));
    if (!fs.existsSync(file)) this.#make(file);
    return fs.readFileSync(file, "ascii");
  }

  #make(file: string): void {
    const draft = join(this.#folder, `.${randomBytes(16).toString("hex")}`);
    try {
      const out = fs.openSync(draft, "wx");
      fs.writeSync(out, `N${randomBytes(16).toString("hex")}`);
      fs.fsyncSync(out);
      fs.closeSync(out);
      try {
        fs.linkSync(draft, file); // whole or not at all, and never over another's
      } catch (error) {
        if ((error as { code?: string }).code !== "EEXIST") throw error;
      }
      const folder = fs.openSync(this.#folder, "r");
      fs.fsyncSync(folder);
      fs.closeSync(folder);
    } finally {
      fs.rmSync(draft, { force: true });
    }
  }
}
