// A page that goes wrong, watched by whichever @sentry/browser lies beside it. Where it
// sends to stands in its address.
import * as Sentry from "@sentry/browser";

const settings = new URLSearchParams(location.search);
const ids = [];

Sentry.init({
  dsn: settings.get("dsn"),
  tunnel: settings.get("tunnel") ?? undefined,
  release: "shop@1.2.3",
  environment: "staging",
  beforeSend(event) {
    ids.push(event.event_id);
    return event;
  },
});

function chargeCard(order) {
  return order.card.number; // order.card is missing
}

function placeOrder(order) {
  return chargeCard(order);
}

async function fetchStock() {
  throw new RangeError("no stock of lamps");
}

async function main() {
  Sentry.setUser({ id: "7", email: "ada@example.com", username: "ada" });
  Sentry.setTag("shop", "berlin");
  Sentry.addBreadcrumb({ category: "cart", message: "added a lamp", level: "info", data: { price: 12 } });
  console.log("the page is open");
  await (await fetch("/stock")).text();
  history.pushState({}, "", "/order/4711");
  const button = document.querySelector("#order");
  button.addEventListener("click", () => placeOrder({ id: 4711 }));
  button.click(); // nobody catches what it throws
  fetchStock(); // nobody waits for it
  await new Promise((resolve) => setTimeout(resolve, 0));
  Sentry.captureMessage("stock is low: 3 left", "warning");
  const flushed = await Sentry.flush(20_000);
  await fetch("/done", { method: "POST", body: JSON.stringify({ ids, flushed, version: Sentry.SDK_VERSION, agent: navigator.userAgent }) });
}

main();
