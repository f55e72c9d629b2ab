// The console of /docs: signs with a key of the sandbox, in this browser, and opens what comes.
// Nothing is kept, and nothing leaves the page but the signed request to this gateway.

const text = new TextEncoder();

/** Bytes of base64url. */
export function unbase64url(said) {
  const raw = atob(said.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (one) => one.charCodeAt(0));
}

const hex = (raw) => [...new Uint8Array(raw)].map((one) => one.toString(16).padStart(2, "0")).join("");

/** Only such a key signs here: a real one has no business in a page. */
export const isOfSandbox = (key) => /^qk_test_\w+$/.test(key);

/** The headers of a signed request, and the string that was signed. */
export async function sign({ key, secret, method, target, body, timestamp, nonce }) {
  const digest = hex(await crypto.subtle.digest("SHA-256", text.encode(body)));
  const said = [method, target, timestamp, nonce, digest].join("\n");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = unbase64url(secret.replace(/^qs_/, ""));
  const signing = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const signature = "v1=" + hex(await crypto.subtle.sign("HMAC", signing, text.encode(said)));
  return {
    said,
    headers: {
      "X-Quangate-Key": key,
      "X-Quangate-Timestamp": timestamp,
      "X-Quangate-Nonce": nonce,
      "X-Quangate-Signature": signature,
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
  };
}

/** A code in the clear. */
export async function open(jwe, delivery) {
  const [header, , nonce, sealed, tag] = jwe.split(".");
  const key = await crypto.subtle.importKey(
    "raw", unbase64url(delivery.replace(/^qd_/, "")), "AES-GCM", false, ["decrypt"],
  );
  const content = new Uint8Array([...unbase64url(sealed), ...unbase64url(tag)]);
  const how = { name: "AES-GCM", iv: unbase64url(nonce), additionalData: text.encode(header) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, content)));
}

async function send(form) {
  const given = Object.fromEntries(new FormData(form));
  const { signed, answer } = form.elements;
  const key = given.key.trim();
  if (!isOfSandbox(key)) {
    answer.value = form.dataset.refused;
    return;
  }
  if (!globalThis.crypto?.subtle) {
    answer.value = form.dataset.insecure;
    return;
  }
  const [method] = given.preset.split(" ");
  const body = method === "POST" && given.target.startsWith("/v1/orders") ? given.body : "";
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  const timestamp = String(Math.floor(Date.now() / 1000));
  try {
    const made = await sign({
      key, secret: given.secret.trim(), method, target: given.target.trim(), body, timestamp, nonce,
    });
    signed.value = made.said;
    const reply = await fetch(given.target.trim(), {
      method, headers: made.headers, body: body || undefined, redirect: "error", credentials: "omit",
    });
    const content = await reply.text();
    let shown = content;
    try {
      const said = JSON.parse(content);
      for (const code of given.delivery ? (said.codes ?? []) : []) {
        code.opened = await open(code.jwe, given.delivery.trim());
      }
      shown = JSON.stringify(said, null, 2);
    } catch {
      // Shown as it came.
    }
    answer.value = `${reply.status}\n${shown}`;
  } catch (error) {
    answer.value = `${form.dataset.failed} ${error.name}`;
  }
}

const form = globalThis.document?.getElementById("try");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void send(form);
});
form?.elements.preset.addEventListener("change", () => {
  form.elements.target.value = form.elements.preset.value.split(" ")[1];
});
