// Answers as what they are: members that are missing or of another kind make an answer none.

import { Code, type KeyRing } from "./codes.js";
import { BY_CODE } from "./errors.js";
import { SHAPES } from "./models.js";
import { QuangateError, unexpected, type WrongMember } from "./problem.js";

const PLAIN: Readonly<Record<string, (said: unknown) => boolean>> = {
  t: (said) => typeof said === "string",
  i: (said) => Number.isSafeInteger(said),
  b: (said) => typeof said === "boolean",
  a: () => true,
};

/** `said` as a model. Throws TypeError. */
export function read(model: string, said: unknown, keys: KeyRing): unknown {
  if (typeof said !== "object" || said === null || Array.isArray(said)) throw new TypeError(model);
  const members = said as Record<string, unknown>;
  const found: Record<string, unknown> = {};
  for (const [name, how] of Object.entries(SHAPES[model] ?? {})) {
    found[name] = member(how, members[name], keys);
  }
  return model === "SealedCode" ? new Code(found["jwe"] as string, keys) : found;
}

function member(how: string, said: unknown, keys: KeyRing): unknown {
  const [, optional, kind = "", many, nullable] = /^(~?)(\w+)(\[\]|\{\})?(\??)$/.exec(how) ?? [];
  if (said === undefined && optional) return many === "[]" ? [] : null;
  if (said === null && (nullable || optional)) return many === "[]" ? [] : null;
  const one = (each: unknown): unknown => {
    const check = PLAIN[kind];
    if (check === undefined) return read(kind, each, keys);
    if (!check(each)) throw new TypeError(kind);
    return each;
  };
  if (many === "[]") {
    if (!Array.isArray(said)) throw new TypeError(kind);
    return said.map(one);
  }
  if (many === "{}") {
    if (typeof said !== "object" || said === null) throw new TypeError(kind);
    return Object.fromEntries(Object.entries(said).map(([name, each]) => [name, one(each)]));
  }
  return one(said);
}

/** The error that an answer means; one that is not ours is `unexpected-answer`. */
export function readProblem(status: number, body: string, retryAfter: string | null): QuangateError {
  try {
    return refusal(status, JSON.parse(body), retryAfter);
  } catch {
    return unexpected(status, retryAfter);
  }
}

/** The error that a problem means, of its code's class. Throws TypeError where it is no problem. */
export function refusal(status: number, problem: unknown, retryAfter?: string | null): QuangateError {
  const said = problem as Record<string, unknown> | null;
  const code = said?.["code"];
  if (said === null || typeof code !== "string") throw new TypeError("that is no problem");
  const kind = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  const wrong = Array.isArray(said["errors"]) ? (said["errors"] as WrongMember[]) : [];
  const time = said["server_time"];
  return new (kind ?? QuangateError)(code, String(said["detail"] ?? said["title"] ?? ""), {
    status,
    retryable: said["retryable"] === true,
    trace_id: String(said["trace_id"] ?? ""),
    errors: wrong.map((each) => ({ pointer: String(each.pointer), detail: String(each.detail) })),
    serverTime: typeof time === "number" ? time : undefined,
    retryAfter,
  });
}
