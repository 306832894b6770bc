// While a payment is on its way: look now and then, and reload the order when its state changes.
import { call } from "./api.js";

const LOOKS = 30;
const PAUSE_MS = 2000;

const order = document.querySelector("[data-order-id]");

async function watch() {
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (document.hidden) continue;
    const { status, data } = await call("GET", `/api/shop/orders/${order.dataset.orderId}`);
    if (status !== 200) return;
    if (`${data.state} ${data.payment.state}` !== order.dataset.orderState) {
      location.replace(`/orders/${order.dataset.orderId}`);
      return;
    }
  }
}

if (order) watch().catch(() => {});
