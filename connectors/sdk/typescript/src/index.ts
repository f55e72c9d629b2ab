// Client for Quangate: orders of virtual goods, signed; codes opened where they are wanted.

export { type Options, type OrderIn, Orders, Quangate, Statements } from "./client.js";
export { Code, KeyRing, Opened } from "./codes.js";
export * from "./errors.js";
export type * from "./models.js";
export { NumberStore } from "./numbers.js";
export {
  InvalidCodeError,
  InvalidStatementError,
  InvalidWebhookError,
  QuangateError,
  UnknownOutcomeError,
} from "./problem.js";
export type { Event } from "./webhooks.js";
export * as webhooks from "./webhooks.js";
