import * as Sentry from "@sentry/node";
import { Cart } from "./cart";

Sentry.init({ dsn: process.env.SENTRY_DSN, release: process.env.SENTRY_RELEASE });

export function placeOrder(id: number): number {
  const cart = new Cart().add({ id });
  return cart.checkout();
}

async function main(): Promise<void> {
  const ids: string[] = [];
  try {
    placeOrder(4711);
  } catch (error) {
    ids.push(Sentry.captureException(error));
  }
  console.log(JSON.stringify({ ids, version: Sentry.SDK_VERSION }));
  if (!(await Sentry.flush(20_000))) process.exit(1);
}

main();
