// Placing the order: once, whatever the connection does. The key was made with the page and stays with it.
import { call } from "./api.js";

const form = document.querySelector("[data-place-order]");
let placing = false;

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  // A second click is the same intent.
  if (placing) return;
  placing = true;
  const button = form.querySelector("button[type=submit]");
  const status = form.querySelector("[data-place-status]");
  button.setAttribute("aria-disabled", "true");
  status.textContent = form.dataset.placing;
  try {
    const response = await call("POST", "/api/shop/orders", {
      body: form.dataset.order,
      key: form.key.value,
      onWait: () => {
        status.textContent = form.dataset.waiting;
      },
    });
    if (response.status === 201) location.assign(`/checkout/done/${encodeURIComponent(response.data.id)}`);
    // The page that the server makes of the same request says what is wrong.
    else form.submit();
  } catch {
    status.textContent = form.dataset.failed;
    button.removeAttribute("aria-disabled");
    placing = false;
  }
});
