import { describe, expect, it } from 'vitest';
import { judgeDeliveries, signDelivery } from '../../../scripts/bench/doors/deliveries.ts';

const taken = { status: 202, body: '{"releases":[1]}' };
const busy = { status: 409, body: '{"error":{"name":"ReleaseInProgressError"}}' };

describe('the judgement of deliveries', () => {
  it('finds nothing wrong when each left one release and one answer', () => {
    const answers = new Map([
      ['a', [taken, taken]],
      ['b', [busy]],
    ]);
    const records = new Map([
      ['a', 1],
      ['b', 1],
    ]);
    expect(judgeDeliveries(answers, records)).toEqual({
      deliveries: 2,
      answers: 3,
      lost: [],
      twice: [],
      contradicted: [],
      unexpected: [],
    });
  });

  it.each([
    ['left no release', [taken], 0, { lost: ['a'] }],
    ['began two', [taken, taken], 2, { twice: ['a'] }],
    ['was told two things', [taken, busy], 1, { contradicted: ['a'] }],
    ['met an error', [{ status: 500, body: 'x' }], 1, { unexpected: ['500 x'] }],
    ['met another conflict', [{ status: 409, body: 'x' }], 1, { unexpected: ['409 x'] }],
  ])('finds a delivery that %s', (_, told, count, wrong) => {
    const verdict = judgeDeliveries(new Map([['a', told]]), new Map([['a', count]]));
    expect(verdict).toMatchObject(wrong);
  });

  it('signs the same delivery anew at another time', () => {
    const sign = (at: number) =>
      signDelivery('run-1', { service: 'shop', uri: '/v2', secret: 'x'.repeat(32), at });
    const [first, second] = [sign(1_772_366_400_000), sign(1_772_366_401_000)];
    expect(first.body).toBe(second.body);
    expect(first.headers['x-verdigris-signature']).not.toBe(
      second.headers['x-verdigris-signature'],
    );
  });
});
