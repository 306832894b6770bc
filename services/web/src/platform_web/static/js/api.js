// Calls to the platform's API, through the edge. An intent has one key, whatever happens on the way: a lost connection,
// an expired session, a response that is still in progress.

const PAUSES_MS = [300, 800, 2000, 4000, 8000];

// A key for one intent of the visitor.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Call the API and return { status, data }. What has a key, or changes nothing, is retried until there is a final response.
// Throws TypeError when there is no connection in the end. `onWait` is called before each new attempt.
export async function call(method, path, { body, key, signal, onWait } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["X-Idempotency-Key"] = key;
  // A member's page means this member alone: neither a visitor without a session, nor who has logged in since.
  const { member } = document.documentElement.dataset;
  if (member) headers["X-Expected-Member"] = member;
  const sent = { method, headers, body: typeof body === "object" ? JSON.stringify(body) : body, signal };
  const repeatable = Boolean(key) || method === "GET";
  let renewed = false;
  for (let attempt = 0; ; attempt += 1) {
    let response;
    try {
      response = await fetch(path, { ...sent, credentials: "same-origin", cache: "no-store" });
    } catch (error) {
      if (signal?.aborted || !repeatable || attempt >= PAUSES_MS.length) throw error;
    }
    if (response?.status === 401 && !renewed) {
      renewed = true;
      if (await renewSession()) continue;
    }
    const unsettled = !response || response.status === 502 || response.status === 503 || response.status === 504;
    const inFlight = response?.status === 409 && (await codeOf(response)) === "idempotency-in-flight";
    if (response && !((unsettled || inFlight) && repeatable && attempt < PAUSES_MS.length)) {
      return { status: response.status, data: await json(response) };
    }
    onWait?.(attempt);
    await pause(response?.headers.get("Retry-After") ? 1000 * response.headers.get("Retry-After") : PAUSES_MS[attempt]);
  }
}

let renewing = null;

// Renew the session by the refresh cookie, and say whether there is one. Parallel calls share one renewal.
function renewSession() {
  renewing ??= fetch("/session/refresh", { method: "POST", credentials: "same-origin" })
    .then((response) => response.ok)
    .catch(() => false)
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

async function codeOf(response) {
  return (await json(response.clone()))?.code;
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.min(milliseconds, 15000));
    addEventListener("online", done);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    }
  });
}
