import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInFlightList, type InFlight } from '../../../lib/routers/local-proxy/in-flight.ts';

const createItem = (): InFlight => ({
  slot: -1,
  isSocket: false,
  startedAt: 0,
  close: () => {},
});

describe('the list of what is in flight', () => {
  it('holds what a set would hold, whatever is added and removed', () => {
    const changes = fc.array(fc.record({ isAdded: fc.boolean(), index: fc.nat(9) }));
    fc.assert(
      fc.property(changes, (steps) => {
        const items = Array.from({ length: 10 }, createItem);
        const list = createInFlightList();
        const model = new Set<InFlight>();

        for (const { isAdded, index } of steps) {
          const item = items[index] ?? createItem();
          if (isAdded && !model.has(item)) list.add(item);
          if (!isAdded) list.remove(item);
          if (isAdded) model.add(item);
          else model.delete(item);
        }

        expect(list.size).toBe(model.size);
        expect(new Set(list.all())).toEqual(model);
        expect(list.all()).toHaveLength(model.size);
      }),
    );
  });

  it('lets an item leave while all of them are closed', () => {
    const list = createInFlightList();
    const items = Array.from({ length: 5 }, () => {
      const item: InFlight = { ...createItem(), close: () => list.remove(item) };
      return item;
    });
    for (const item of items) list.add(item);

    for (const item of list.all()) item.close();

    expect(list.size).toBe(0);
    expect(items.map((item) => item.slot)).toEqual([-1, -1, -1, -1, -1]);
  });
});
