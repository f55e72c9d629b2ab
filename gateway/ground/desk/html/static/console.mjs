// Comfort alone: everything works without it.

const searchBox = document.querySelector("#search-box");

// "/" goes to the search box, as in many consoles; not while somebody types.
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && searchBox) {
    event.preventDefault();
    searchBox.focus();
  }
});

// The first thing that is wrong is where one goes on.
document.querySelector("[aria-invalid=true]")?.focus();

// Times in the reader's own zone, the exact one on hover.
function sayTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent ?? "";
      time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    }
  }
}
sayTimes(document);

// A form is sent once, however often somebody presses the button; the server knows it anyway.
for (const form of document.querySelectorAll("form.act")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
  });
}
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form.act button")) button.disabled = false;
});

// What is shown once is hidden again after a while.
const SHOWN_MS = 30_000;
for (const secret of document.querySelectorAll(".once")) {
  let timer = setTimeout(() => secret.classList.add("blurred"), SHOWN_MS);
  secret.tabIndex = 0;
  for (const kind of ["focus", "pointerenter"]) {
    secret.addEventListener(kind, () => {
      secret.classList.remove("blurred");
      clearTimeout(timer);
      timer = setTimeout(() => secret.classList.add("blurred"), SHOWN_MS);
    });
  }
}

// Passkeys: what only a browser can do. Without them, or without this, password and one-time code remain.
const knowsPasskeys = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function challengeFor(form) {
  const answer = await fetch(form.dataset.challenge, {
    method: "POST",
    body: new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "passkey")),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  if (said.form_token) {  // a code was taken: the session goes on under another one
    for (const field of document.querySelectorAll("[name=form_token]")) field.value = said.form_token;
    const code = form.elements.one_time_code;
    if (code && form.dataset.passkey === "create") {
      code.required = false;
      code.value = "";
    }
  }
  return said.publicKey;
}

async function answerByPasskey(form) {
  const asked = await challengeFor(form);
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  form.elements.passkey.value = JSON.stringify(credential.toJSON());
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!knowsPasskeys) continue;
  const button = form.querySelector("[data-by-passkey]");
  const failure = form.querySelector("[data-failure]");
  const code = form.elements.one_time_code;
  button.hidden = false;
  for (const note of form.querySelectorAll("[data-no-passkey]")) note.hidden = true;
  button.addEventListener("click", async () => {
    const byCode = code?.required ?? false;
    if (code && form.dataset.passkey === "get") code.required = false;
    if (!form.reportValidity()) {
      if (code) code.required = byCode;
      return;
    }
    button.disabled = true;
    failure.hidden = true;
    try {
      await answerByPasskey(form);
      form.submit();
    } catch (error) {
      failure.textContent = error.message;
      failure.hidden = false;
      button.disabled = false;
      if (code && form.dataset.passkey === "get") code.required = byCode;
    }
  });
}

// A page that says so is looked at again, until it says so no more.
async function renew(part) {
  await new Promise((done) => { setTimeout(done, 1000 * Number(part.dataset.refresh)); });
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("main");
  if (!main) return;
  document.querySelector("main")?.replaceWith(main);
  sayTimes(main);
  const next = main.querySelector("[data-refresh]");
  if (next) await renew(next);
}
const part = document.querySelector("[data-refresh]");
if (part) renew(part).catch(() => {});
