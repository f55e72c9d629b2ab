// How often and when a call is tried again. Pure.

/** Statuses of answers that are. */
export const RETRIED: readonly number[] = [429, 502, 503, 504];
const WAITED_FOR = 60; // seconds; a longer Retry-After is not waited for

/** What a `Retry-After` means in seconds from `now` (Unix); undefined: it says nothing. */
export function retryAfter(said: string | null | undefined, now: number): number | undefined {
  const text = (said ?? "").trim();
  if (/^[0-9]+$/.test(text)) return Number(text);
  const moment = /[A-Za-z]{3}.*GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment / 1000 - now);
}

/**
 * Seconds before the next try after so many; undefined: that is too long, do not try again.
 * Half of a wait is certain, the other half is `chance` (in [0, 1)), so that callers that failed
 * together come back apart.
 */
export function wait(
  tries: number,
  said: string | null | undefined,
  chance: number,
  now: number,
): number | undefined {
  const asked = retryAfter(said, now);
  if (asked === undefined) return Math.min(8, 0.5 * 2 ** (tries - 1)) * (0.5 + 0.5 * chance);
  return asked <= WAITED_FOR ? asked : undefined;
}
