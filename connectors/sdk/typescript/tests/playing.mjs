// What the tests of cases share: the package under test, the cases, calls by name, comparing.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const SDK = process.env.QUANGATE_SDK;
export const load = (name) => import(pathToFileURL(join(SDK, "dist", name)).href);
const { QuangateError } = await load("index.js");
export const cases = (name) => JSON.parse(fs.readFileSync(join(process.env.QUANGATE_CASES, name), "ascii"));

// What stands in the path of a call, and so comes first.
const IN_PATH = {
  "orders.get": "order_no",
  "orders.get_by_out_no": "out_order_no",
  "orders.cancel": "order_no",
  "products.get": "sku",
  "cases.open": "order_no",
  "cases.get": "case_no",
  "cases.withdraw": "case_no",
  "holds.get": "hold_no",
  "holds.confirm": "hold_no",
  "holds.release": "hold_no",
};

/** A call by its name, `resource.name`; a list is read to its end. */
export async function calling(client, { method, arguments: written }) {
  // Where a case has the mark for it: half of a surrogate pair, which no JSON brings everywhere.
  const said = JSON.parse(JSON.stringify(written).replaceAll("\u2759", "\\ud800"));
  const [resource, name] = method.split(".");
  const camel = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  if (name === "batch") return client.orders.batch(said.orders);
  const { [IN_PATH[method]]: first, ...rest } = said;
  const found = client[resource][camel](...(first === undefined ? [said] : [first, rest]));
  if (!found[Symbol.asyncIterator]) return found;
  const all = [];
  for await (const one of found) all.push(one);
  return all;
}

export function likeError(said, outcome) {
  assert.ok(outcome instanceof QuangateError, `${outcome} is no error`);
  if (said.class) assert.equal(outcome.constructor.name, `${said.class}Error`);
  const { class: _, ...members } = said;
  like(members, outcome);
}

export function like(said, found) {
  if (Array.isArray(said)) {
    assert.equal(found.length, said.length);
    said.forEach((one, n) => like(one, found[n]));
  } else if (said !== null && typeof said === "object") {
    if ("error" in said && found instanceof QuangateError) likeError(said.error, found);
    else for (const [name, value] of Object.entries(said)) like(value, found[name === "order" ? "data" : name]);
  } else {
    assert.equal(found, said);
  }
}
