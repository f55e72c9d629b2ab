// Signing in with a key: the secret signs here, and is sent nowhere (its field has no name).

const form = document.querySelector("#key-form");
const told = document.querySelector("#key-error");
const target = "/portal/session";
const body = "{}";

function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decoded(secret) {
  const text = secret.trim().replace(/^qs_/, "").replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function ask(keyId, secret, timestamp) {
  const bytes = new TextEncoder();
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  const digest = hex(await crypto.subtle.digest("SHA-256", bytes.encode(body)));
  const key = await crypto.subtle.importKey("raw", decoded(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const said = ["POST", target, timestamp, nonce, digest].join("\n");
  const signature = hex(await crypto.subtle.sign("HMAC", key, bytes.encode(said)));
  return fetch(target, {
    method: "POST",
    body,
    headers: {
      "Content-Type": "application/json",
      "X-Quangate-Key": keyId,
      "X-Quangate-Timestamp": String(timestamp),
      "X-Quangate-Nonce": nonce,
      "X-Quangate-Signature": `v1=${signature}`,
    },
  });
}

async function signIn() {
  const keyId = form.querySelector("#key-id").value.trim();
  const secret = form.querySelector("#key-secret").value;
  let answer = await ask(keyId, secret, Math.floor(Date.now() / 1000));
  if (answer.status === 401) {
    const problem = await answer.json();
    if (problem.code === "stale-timestamp") answer = await ask(keyId, secret, problem.server_time); // a clock that is wrong
  }
  return answer.status === 204;
}

if (form && crypto.subtle) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    told.hidden = true;
    let good = false;
    try {
      good = await signIn();
    } catch {
      good = false; // no secret, or nobody answers
    }
    if (good) {
      location.assign(form.dataset.next);
      return;
    }
    told.textContent = told.dataset.wrong;
    told.hidden = false;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });
}
