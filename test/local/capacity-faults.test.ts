import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, shopCheck, verdictOn } from '../support/fault-check.ts';
import { type RunningShop, startShop } from '../support/faulty.ts';

let good: RunningShop;

beforeAll(async () => {
  good = await startShop(null);
});

afterAll(() => good.stop());

describe('the capacity check of the shop', () => {
  it('passes a second copy of the good shop', async () => {
    const green = await startShop(null, { VERDIGRIS_VERSION: 'good-2' });
    const answer = await verdictOn(await shopCheck('capacity'), { green, blue: good });
    await green.stop();

    expect(answer).toMatchObject({ verdict: 'pass' });
  });

  it.each(faultsOf('capacity'))('catches $name', async ({ name, check, says }) => {
    const green = await startShop(name);
    const answer = await verdictOn(await shopCheck(check), { green, blue: good });
    await green.stop();

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toContain(says);
  });
});
