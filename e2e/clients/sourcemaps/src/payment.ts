export type Card = { number: string; limit: number };

export const charge = (card: Card, label: string): number => {
  if (card === undefined) {
    throw new TypeError(`no card for ${label}`);
  }
  return card.limit;
};
