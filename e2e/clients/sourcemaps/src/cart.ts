import { charge, type Card } from "./payment";

export interface Order {
  id: number;
  card?: Card;
}

// A cart holds what somebody wants to buy.
export class Cart {
  #orders: Order[] = [];

  add(order: Order): this {
    this.#orders.push(order);
    return this;
  }

  checkout(): number {
    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);
  }

  private payOrder(order: Order): number {
    const label = `order ${order.id} of {${"cart".replace(/[/"']/g, "")}}`;
    return charge(order.card!, label);
  }
}
