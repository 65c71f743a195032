import * as Sentry from "@sentry/browser";
import { Cart } from "./cart";

const ids: string[] = [];

Sentry.init({
  dsn: new URLSearchParams(location.search).get("dsn") ?? undefined,
  beforeSend(event) {
    ids.push(event.event_id ?? "");
    return event;
  },
});

function placeOrder(id: number): number {
  return new Cart().add({ id }).checkout();
}

setTimeout(() => placeOrder(4711)); // nobody catches what it throws
setTimeout(async () => {
  await Sentry.flush(20_000);
  await fetch("/done", { method: "POST", body: JSON.stringify({ ids, version: Sentry.SDK_VERSION }) });
});
