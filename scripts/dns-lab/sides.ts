/** The two sides, and the addresses that stand for them. Nothing listens there: nobody connects. */
export const sides = ['blue', 'green'] as const;
export type Side = (typeof sides)[number];
export const addresses: Record<Side, string> = { blue: '192.0.2.1', green: '198.51.100.1' };
