// A shop that goes wrong, watched by whichever @sentry/node lies beside it.
const Sentry = require("@sentry/node");

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  release: "shop@1.2.3",
  environment: "staging",
  serverName: "web-1",
});

function chargeCard(order) {
  const card = order.card.number; // order.card is missing
  return card;
}

function placeOrder(order) {
  try {
    return chargeCard(order);
  } catch (cause) {
    throw new RangeError(`order ${order.id} cannot be placed`, { cause });
  }
}

async function main() {
  Sentry.setUser({ id: "7", email: "ada@example.com", username: "ada" });
  Sentry.setTag("shop", "berlin");
  Sentry.setContext("order", { id: 4711, items: ["book", "lamp"] });
  Sentry.addBreadcrumb({ category: "cart", message: "added a lamp", level: "info", data: { price: 12 } });
  const ids = []; // first order, message, second order, group
  for (let i = 0; i < 2; i++) {
    try {
      placeOrder({ id: 4711 + i });
    } catch (e) {
      ids.push(Sentry.captureException(e));
    }
    // Between the two, because the SDK drops an error whose cause is that of the one before.
    if (i === 0) ids.push(Sentry.captureMessage("stock is low: 3 left", "warning"));
  }
  ids.push(
    Sentry.captureException(new AggregateError([new TypeError("first member"), new SyntaxError("second member")], "both failed")),
  );
  console.log(JSON.stringify({ ids, version: Sentry.SDK_VERSION }));
  if (!(await Sentry.flush(20_000))) process.exit(1);
}

main();
