// Adding a passkey. The rest of the page works without scripts.
import { call } from "./api.js";
import { isOwnDomain, supported } from "./passkeys.js";

const PAGE = "/account/passkeys";

const form = document.querySelector("[data-passkey-add]");
const message = form?.querySelector("[data-passkey-message]");
let busy = false;

for (const text of document.querySelectorAll("[data-passkey-unscripted]")) text.hidden = true;

if (form && supported()) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!busy) add();
  });
} else if (form) {
  document.querySelector("[data-passkey-unsupported]").hidden = false;
}

async function add() {
  busy = true;
  message.hidden = true;
  try {
    const options = await call("POST", "/auth/mfa/passkey-options");
    if (options.status !== 200) return refuse(options);
    if (!isOwnDomain(options.data.public_key.rp.id)) return giveUp();
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.data.public_key);
    const credential = await navigator.credentials.create({ publicKey });
    const body = { name: form.elements.passkey_name.value.trim(), credential: credential.toJSON() };
    const added = await call("POST", "/auth/mfa/passkeys", { body });
    if (added.status !== 201) return refuse(added);
    location.assign(`${PAGE}?notice=passkey-added`);
  } catch (error) {
    // NotAllowedError: the visitor has changed their mind, or took too long.
    if (error.name !== "NotAllowedError") show(error.name === "InvalidStateError" ? "known" : "failed");
  } finally {
    busy = false;
  }
}

function refuse({ status, data }) {
  if (data?.code === "reauthentication-required") location.assign(`/log-in?again&next=${PAGE}`);
  else if (data?.code === "passkeys-disabled") giveUp();
  else if (data?.code === "too-many-passkeys") show("full");
  else if (status === 401) location.assign(`/log-in?next=${PAGE}`);
  else show(status >= 500 || status === 429 ? "unavailable" : "failed");
}

function giveUp() {
  form.hidden = true;
  document.querySelector("[data-passkey-unsupported]").hidden = false;
}

function show(reason) {
  message.textContent = form.dataset[reason];
  message.hidden = false;
  message.focus();
}
