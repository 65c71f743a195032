import { Cart } from "./cart";

export function placeOrder(id: number): number {
  const cart = new Cart().add({ id });
  return cart.checkout();
}

globalThis.placeOrder = placeOrder;
