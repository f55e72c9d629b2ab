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
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = time.textContent ?? "";
    time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  }
}

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
