// The cases of every client, held against this one. `connectors/sdk/build.py` runs it against what
// `npm pack` made: QUANGATE_SDK is the package, QUANGATE_CASES the cases, QUANGATE_SCRIPTED a gateway
// that answers by a script (conformance/server.py).

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as util from "node:util";
import { calling, cases, like, likeError, load, SDK } from "./playing.mjs";

const quangate = await load("index.js");
const { Signer } = await load("signing.js");
const { wait } = await load("retrying.js");
const { KeyRing, Quangate, QuangateError, NumberStore, webhooks } = quangate;
const KEY_ID = "qk_conformance";
const SECRET = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
const GATEWAY = process.env.QUANGATE_SCRIPTED;
const NOBODY = "http://127.0.0.1:2"; // a port where nobody listens

for (const said of cases("signing.json")) {
  test(`signature: ${said.name}`, async () => {
    if (said.refused) {
      assert.throws(() => new Signer(KEY_ID, said.secret), TypeError);
      return;
    }
    const signer = new Signer(KEY_ID, said.secret);
    const { method, target, timestamp, nonce, body } = said;
    assert.equal(await signer.signature(method, target, timestamp, nonce, body), said.signature);
  });
}

for (const said of cases("codes.json")) {
  test(`code: ${said.name}`, async () => {
    const opening = new KeyRing(said.keys).open(said.jwe);
    if (said.error) {
      await assert.rejects(opening, quangate.InvalidCodeError);
      return;
    }
    const opened = await opening;
    for (const [name, value] of Object.entries(said.opens)) assert.equal(opened[name], value);
  });
}

for (const said of cases("webhooks.json")) {
  test(`webhook: ${said.name}`, async () => {
    const verifying = webhooks.verify(Buffer.from(said.body), said.headers, said.secrets, {
      toleranceSeconds: said.tolerance,
      now: () => said.now,
      seen: said.seen && ((id) => said.seen.includes(id)),
    });
    if (said.error) await assert.rejects(verifying, quangate.InvalidWebhookError);
    else like(said.event, await verifying);
  });
}

for (const said of cases("delays.json")) {
  test(`delay: ${said.name}`, () => {
    assert.equal(wait(said.tries, said.retry_after, said.chance, said.now), said.waits ?? undefined);
  });
}

async function control(said) {
  const options = said ? { method: "PUT", body: JSON.stringify(said) } : {};
  return (await fetch(`${GATEWAY}/_case`, options)).json();
}

for (const said of [...cases("answers.json"), ...cases("retries.json")]) {
  test(`call: ${said.name}`, async () => {
    await control(said);
    const client = new Quangate({
      baseUrl: said.closed ? NOBODY : GATEWAY,
      keyId: KEY_ID,
      secret: SECRET,
      maxRetries: said.max_retries,
      timeoutMs: (said.timeout_s ?? 120) * 1000,
    });
    const waits = [];
    client.calls.sleep = async (seconds) => void waits.push(seconds);
    let outcome;
    try {
      outcome = await calling(client, said.call);
    } catch (error) {
      if (!(error instanceof QuangateError)) throw error;
      outcome = error;
    }
    const came = await control();
    for (const one of came) {
      assert.ok(one.signed, `${one.method} ${one.target} is not signed`);
      assert.match(one.agent, /^quangate-typescript\//);
    }
    if (said.error) likeError(said.error, outcome);
    else like(said.gives, outcome);
    if (said.waits) {
      assert.equal(waits.length, said.waits.length, `waited ${waits}`);
      said.waits.forEach(([least, most], n) => assert.ok(least <= waits[n] && waits[n] <= most, `waited ${waits}`));
    }
    if (said.requests) {
      assert.equal(came.length, said.requests.length);
      said.requests.forEach((one, n) => like(one, one.body ? { ...came[n], body: JSON.parse(came[n].body) } : came[n]));
    }
  });
}

test("nothing secret is shown", async () => {
  const said = cases("codes.json").find((one) => one.name === "a code and a pin");
  const client = new Quangate({ baseUrl: NOBODY, keyId: KEY_ID, secret: SECRET, deliveryKeys: said.keys });
  const code = new quangate.Code(said.jwe, new KeyRing(said.keys));
  const secrets = [SECRET.slice(3), said.keys[KEY_ID].slice(3), said.jwe, "AE-0001", "4711"];
  for (const one of [client, client.calls, client.orders, code, await code.open(), { code }, [await code.open()]]) {
    const shown = [util.inspect(one, { depth: 9, showHidden: true }), String(one), JSON.stringify(one)].join();
    for (const secret of secrets) assert.ok(!shown.includes(secret), shown);
  }
});

for (const wrong of [
  { baseUrl: "http://gateway.example" },
  { baseUrl: "nowhere" },
  { baseUrl: "https://u@gateway.example" },
  { secret: SECRET.slice(3) },
  { deliveryKey: SECRET },
  { maxRetries: -1 },
]) {
  test(`refused at once: ${JSON.stringify(wrong)}`, () => {
    assert.throws(() => new Quangate({ baseUrl: NOBODY, keyId: KEY_ID, secret: SECRET, ...wrong }), TypeError);
  });
}

test("half a letter is refused as everything is", async () => {
  const client = new Quangate({ baseUrl: NOBODY, keyId: KEY_ID, secret: SECRET });
  await assert.rejects(async () => client.orders.getByOutNo("B\ud800"), { code: "invalid-request", status: 0, retryable: false });
});

test("an intent has one number, whichever process asks", async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "numbers-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const program = `import { NumberStore } from ${JSON.stringify(pathToFileURL(join(SDK, "dist/index.js")).href)};
    console.log(new NumberStore(${JSON.stringify(join(folder, "n"))}).number(process.argv[1]))`;
  const ask = (intent) => promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, intent]);
  const said = await Promise.all([..."aabbaabb"].map(async (intent) => [intent, (await ask(intent)).stdout.trim()]));
  assert.equal(new Set(said.map(([, number]) => number)).size, 2);
  assert.equal(new NumberStore(join(folder, "n")).number("a"), said[0][1]);
  assert.match(said[0][1], /^[A-Za-z0-9]{1,64}$/);
  assert.throws(() => new NumberStore(folder).number("a\ud800"), TypeError);
});

test("a ready handler answers 204 to what verifies, else 400", async () => {
  const said = cases("webhooks.json").find((one) => one.name === "an order's");
  const handled = [];
  const handler = webhooks.expressHandler(said.secrets, (event) => void handled.push(event.data.order_no), {
    now: () => said.now,
  });
  const server = createServer(handler);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const send = async (body) => (await fetch(url, { method: "POST", body, headers: said.headers })).status;
  assert.equal(await send(said.body), 204);
  assert.equal(await send(`${said.body} `), 400);
  server.closeAllConnections();
  server.close();
  assert.deepEqual(handled, ["712000000000001"]);
});
