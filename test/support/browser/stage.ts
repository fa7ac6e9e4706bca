import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { openShop, type Shop } from './shop.ts';
import { openBrowser, type Visitor } from './visitor.ts';

/** What the tests of one file share; there from the first test on. */
export interface Stage {
  shop: Shop;
  visitor: Visitor;
}

/**
 * A shop and a browser for the tests of one file. After every test the browser must have had nothing to
 * complain about; after the last one it says how much it looked at.
 * @param manifest What differs from the example's.
 */
export function setStage(manifest: Record<string, unknown> = {}): Stage {
  const stage = {} as Stage;
  beforeAll(async () => {
    stage.shop = await openShop(manifest);
    stage.visitor = await openBrowser(stage.shop);
  }, 60_000);
  afterEach(() => {
    const { violations, strangers, crashes } = stage.visitor.conduct;
    expect({ violations, strangers, crashes }).toEqual({
      violations: [],
      strangers: [],
      crashes: [],
    });
  });
  afterAll(async () => {
    const { pages, requests } = stage.visitor.conduct;
    console.log(
      `${pages} pages, ${requests} requests: no policy violated, no other host, no crash`,
    );
    await stage.visitor.close();
    await stage.shop.close();
  }, 60_000);
  return stage;
}
