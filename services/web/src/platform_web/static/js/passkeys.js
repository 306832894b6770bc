// What both pages with passkeys need of the browser.

// Whether this browser has passkeys, in the JSON form that the platform speaks.
export function supported() {
  return Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);
}

// Whether the browser lets this page use passkeys of the domain `rpId`.
export function isOwnDomain(rpId) {
  return `.${location.hostname}`.endsWith(`.${rpId}`);
}
