import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../lib/release/nearest.ts';
import { formatDuration, fraction, parseDuration } from '../../../lib/release/quantities.ts';

describe('durations', () => {
  it.each([
    ['500ms', 0.5],
    ['90s', 90],
    ['30m', 1800],
    ['1.5h', 5400],
    ['7d', 604_800],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '30', '30 m', '-1s', 'm', '1w', '1e3s', '٣s'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('writes whole seconds so that reading them gives the same number back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });
});

describe('shares', () => {
  it.each([
    ['5%', 0.05],
    [0.05, 0.05],
    ['100%', 1],
  ])('reads %j as %d', (written, share) => {
    expect(fraction.parse(written)).toBe(share);
  });

  it.each([5, '101%', '5', -0.1])('refuses %j', (written) => {
    expect(fraction.safeParse(written).success).toBe(false);
  });
});

describe('the nearest name', () => {
  const known = ['window', 'interval', 'alarms'];

  it('finds what was probably meant, whatever its case', () => {
    expect(nearestName('Windw', known)).toBe('window');
  });

  it('finds nothing where nothing is near', () => {
    expect(nearestName('colour', known)).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });

  it('finds a name itself', () => {
    fc.assert(fc.property(fc.constantFrom(...known), (name) => nearestName(name, known) === name));
  });
});
