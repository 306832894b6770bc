// Calls to the platform's API, through the edge. An intent has one key, whatever happens on the way: a lost connection,
// an expired session, an answer that is still being made.

const PAUSES_MS = [300, 800, 2000, 4000, 8000];

// A key for one intent of the visitor.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Call the API and return { status, data }. What has a key, or changes nothing, is sent again until it is answered.
// Throws TypeError when there is no connection in the end. `onWait` hears of each new attempt.
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
    let answer;
    try {
      answer = await fetch(path, { ...sent, credentials: "same-origin", cache: "no-store" });
    } catch (error) {
      if (signal?.aborted || !repeatable || attempt >= PAUSES_MS.length) throw error;
    }
    if (answer?.status === 401 && !renewed) {
      renewed = true;
      if (await renewSession()) continue;
    }
    const unsettled = !answer || answer.status === 502 || answer.status === 503 || answer.status === 504;
    const inFlight = answer?.status === 409 && (await codeOf(answer)) === "idempotency-in-flight";
    if (answer && !((unsettled || inFlight) && repeatable && attempt < PAUSES_MS.length)) {
      return { status: answer.status, data: await json(answer) };
    }
    onWait?.(attempt);
    await pause(answer?.headers.get("Retry-After") ? 1000 * answer.headers.get("Retry-After") : PAUSES_MS[attempt]);
  }
}

let renewing = null;

// Renew the session by the refresh cookie, and say whether there is one. Parallel calls share one renewal.
function renewSession() {
  renewing ??= fetch("/session/refresh", { method: "POST", credentials: "same-origin" })
    .then((answer) => answer.ok)
    .catch(() => false)
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

async function codeOf(answer) {
  return (await json(answer.clone()))?.code;
}

async function json(answer) {
  try {
    return await answer.json();
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
