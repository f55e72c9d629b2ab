// What goes wrong: the base of all errors.

/** One wrong member of a request. */
export interface WrongMember {
  readonly pointer: string;
  readonly detail: string;
}

/** What is known of a failure. */
export interface Failed {
  readonly status?: number;
  readonly retryable?: boolean;
  readonly trace_id?: string;
  readonly errors?: readonly WrongMember[];
  readonly serverTime?: number | undefined;
  readonly retryAfter?: string | null | undefined;
}

/** Something was refused, or went wrong. Programs look at `code` and `retryable`. */
export class QuangateError extends Error {
  readonly code: string;
  /** Of the answer; 0: there was none. */
  readonly status: number;
  readonly retryable: boolean;
  readonly trace_id: string;
  readonly errors: readonly WrongMember[];
  /** Unix seconds, of `stale-timestamp`. */
  readonly serverTime: number | undefined;
  /** The header, as it came. */
  readonly retryAfter: string | null | undefined;

  constructor(code: string, detail = "", said: Failed = {}) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = new.target.name;
    this.code = code;
    this.status = said.status ?? 0;
    this.retryable = said.retryable ?? false;
    this.trace_id = said.trace_id ?? "";
    this.errors = said.errors ?? [];
    this.serverTime = said.serverTime;
    this.retryAfter = said.retryAfter;
  }
}

/**
 * Nobody knows what became of the order: it may have been made, or be made yet. Ask for it later, or
 * place it again under the same number; never under another.
 */
export class UnknownOutcomeError extends QuangateError {
  readonly out_order_no: string;

  constructor(outOrderNo: string) {
    super("unknown-outcome", `of order ${outOrderNo}`, { retryable: true });
    this.out_order_no = outOrderNo;
  }
}

/** A code that does not open: of another key, or changed on its way. Others are not affected. */
export class InvalidCodeError extends QuangateError {
  constructor(detail: string) {
    super("invalid-code", detail);
  }
}

/** A message that is not of the gateway, or too old. Answer it with 400. */
export class InvalidWebhookError extends QuangateError {
  constructor(detail: string) {
    super("invalid-webhook", detail);
  }
}

/** A statement's file is not the one its checksum says. */
export class InvalidStatementError extends QuangateError {
  constructor() {
    super("invalid-statement", "the file does not match its sha256");
  }
}

/** An answer that no gateway gives: a proxy's, or half of one. */
export function unexpected(status: number, retryAfter?: string | null): QuangateError {
  const retryable = [429, 502, 503, 504].includes(status);
  const detail = `the answer (${status}) is none of a gateway`;
  return new QuangateError("unexpected-answer", detail, { status, retryable, retryAfter });
}
