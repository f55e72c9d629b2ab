// The cases that a running gateway answers, held against this client: QUANGATE_LIVE says where its
// world is written (connectors/sdk/live.py).

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { calling, cases, like, likeError, load } from "./playing.mjs";

const { Code, InvalidCodeError, Quangate, QuangateError } = await load("index.js");
const { KeyRing } = await load("codes.js");
const world = JSON.parse(fs.readFileSync(process.env.QUANGATE_LIVE, "utf8"));
const keys = world.keys.typescript;
const PATIENCE_MS = 120_000; // only ends what hangs
const POLL_MS = 50;

function clientOf({ key_id: keyId, secret, delivery_keys: deliveryKeys, offset_s: offset = 0 }) {
  const client = new Quangate({ baseUrl: world.url, keyId, secret, deliveryKeys, timeoutMs: PATIENCE_MS });
  client.calls.sleep = async () => undefined;
  client.calls.signer.offset = offset;
  return client;
}

/** What is kept of an outcome stands in later steps. */
function filled(step, kept) {
  let text = JSON.stringify(step);
  for (const [name, value] of Object.entries(kept))
    text = text.replaceAll(`"{${name}}"`, JSON.stringify(value)).replaceAll(`{${name}}`, String(value));
  return JSON.parse(text);
}

async function outcomeOf(step) {
  try {
    return await calling(clientOf(keys[step.as]), step.call);
  } catch (error) {
    if (!(error instanceof QuangateError)) throw error;
    return error;
  }
}

async function openedOf(step, sealed) {
  const ring = step.opens_as && new KeyRing(keys[step.opens_as].delivery_keys);
  const codes = ring ? sealed.map((code) => new Code(code.jwe, ring)) : sealed;
  if (step.unopened) {
    await assert.rejects(async () => codes[0].open(), InvalidCodeError);
    return [];
  }
  const opened = await Promise.all(codes.map(async (code) => (await code.open()).code));
  assert.equal(new Set(opened).size, step.opens ?? codes.length);
  if (step.code) assert.equal(opened[0], step.code);
  return opened;
}

async function judge(step, outcome, kept) {
  if (step.error) return likeError(step.error, outcome);
  if (outcome instanceof QuangateError) throw outcome;
  const seen = step.first ? outcome[0] : outcome;
  like(step.first ?? step.gives ?? {}, seen);
  const opened = "opens" in step || "unopened" in step || "code" in step ? await openedOf(step, seen.codes) : [];
  for (const [name, member] of Object.entries(step.keeps ?? {}))
    kept[name] = member === "code" ? opened[0] : seen[member];
  return undefined;
}

for (const said of cases("live.json")) {
  test(said.name, async () => {
    const kept = { run: keys.run };
    for (const one of said.steps) {
      const step = filled(one, kept);
      for (const until = Date.now() + (step.until ? PATIENCE_MS : 0); ; await setTimeout(POLL_MS)) {
        const outcome = await outcomeOf(step);
        try {
          await judge(step, outcome, kept);
          break;
        } catch (error) {
          if (Date.now() >= until) throw error;
        }
      }
    }
  });
}
