// Log-in with a passkey: by its button, and among what the browser suggests in the e-mail field.
import { call } from "./api.js";
import { isOwnDomain, supported } from "./passkeys.js";

// Challenges last five minutes; the suggestions get a new one in time.
const RENEW_MS = 4 * 60 * 1000;

const form = document.querySelector("[data-passkey-log-in]");
let suggesting = null;

if (form && supported()) start().catch(() => {});

async function start() {
  const first = await newOptions();
  if (!first || !isOwnDomain(first.rpId)) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask().catch(() => {});
  });
  const suggestions = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (suggestions) suggest(first).catch(() => {});
}

// The button: the browser asks at once.
async function ask() {
  suggesting?.abort();
  const publicKey = await newOptions();
  // Rejected where the visitor changes their mind; the form with the password is still there.
  if (publicKey) send(await navigator.credentials.get({ publicKey: parsed(publicKey) }));
}

async function suggest(first) {
  for (let options = first; options; options = await newOptions()) {
    suggesting = new AbortController();
    const { signal } = suggesting;
    const renewal = setTimeout(() => suggesting.abort("renew"), RENEW_MS);
    try {
      send(await navigator.credentials.get({ publicKey: parsed(options), mediation: "conditional", signal }));
      return;
    } catch {
      if (signal.reason !== "renew") return;
    } finally {
      clearTimeout(renewal);
    }
  }
}

async function newOptions() {
  const { status, data } = await call("POST", "/auth/login/passkey/options");
  return status === 200 ? data.public_key : null;
}

function parsed(options) {
  return PublicKeyCredential.parseRequestOptionsFromJSON(options);
}

function send(credential) {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.submit();
}
