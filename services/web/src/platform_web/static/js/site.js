// Small helps for every page. Each page works without them.
import { checkInPlace } from "./fields.js";
import { suggest } from "./suggest.js";

document.documentElement.classList.add("scripted");

// A notice is shown once: a reload, or the address shared with someone else, does not repeat it.
const address = new URL(location.href);
if (address.searchParams.has("notice")) {
  address.searchParams.delete("notice");
  history.replaceState(history.state, "", address);
}

// What is wrong with a form comes first.
document.querySelector("[data-summary]")?.focus();

for (const form of document.querySelectorAll("form[data-check]")) checkInPlace(form);

// A form that is on its way is not sent a second time.
const onTheirWay = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[method=post]")) return;
  if (onTheirWay.has(form)) {
    event.preventDefault();
    return;
  }
  onTheirWay.add(form);
  event.submitter?.setAttribute("aria-disabled", "true");
});
// A page that comes back from the browser's memory is ready again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) onTheirWay.delete(form);
  for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
});

const search = document.querySelector("form[role=search] #search");
if (search) suggest(search);
