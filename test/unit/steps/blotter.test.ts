import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBlotter } from '../../../lib/steps/run-check/blotter.ts';

function blotting(...values: string[]) {
  const blotter = createBlotter();
  for (const value of values) blotter.remember(value);
  return blotter.blot;
}

describe('a blotter', () => {
  it.each([
    ['as it is', 'the key s3cret-key was refused', 'the key ••• was refused'],
    ['in a URL', 'GET /?key=s3cret%2Dkey&s3cret-key', 'GET /?key=s3cret%2Dkey&•••'],
    ['in base 64', `Basic ${btoa('s3cret-key')}`, 'Basic •••'],
  ])('takes a value out %s', (_, text, blotted) => {
    expect(blotting('s3cret-key')(text)).toBe(blotted);
  });

  it('takes out the password of a URL, which drivers tell by itself', () => {
    const blot = blotting('postgres://shop:p%40ssword@db.example.com/shop');

    expect(blot('cannot connect as shop with p@ssword')).toBe('cannot connect as shop with •••');
    expect(blot('postgres://shop:p%40ssword@db.example.com/shop')).toBe('•••');
  });

  it('takes out a password with a bare % in it', () => {
    const blot = blotting('https://shop:100%sure@example.com/');
    expect(blot('100%sure was refused')).toBe('••• was refused');
  });

  it('takes out the longer one of two of which one is a part of the other', () => {
    expect(blotting('secret-1', 'secret-12')('secret-12 secret-1')).toBe('••• •••');
  });

  it('leaves what is in every text by chance', () => {
    expect(blotting('on', 'true')('it is on: true')).toBe('it is on: true');
  });

  it('leaves no value of six characters or more in any text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (value, a, b) => {
        fc.pre(!value.includes('•') && !(a + b).includes('•'));
        expect(blotting(value)(`${a}${value}${b}`)).not.toContain(value);
      }),
    );
  });

  it.each([
    ['at its end', 'sent 0123456789abcd', 'sent •••'],
    ['at its beginning', '89abcdefghijklm was sent', '••• was sent'],
    [
      'in the middle of it',
      'sent 0123456789abcd… (said "…cdefghijklmn")',
      'sent •••… (said "…cdefghijklmn")',
    ],
    ['at both ends', '456789abcdef', '•••'],
    ['in the middle of a letter', 'sent 0123456789abcd\uFFFD', 'sent •••\uFFFD'],
    ['so that little is left', 'sent 0123456789a', 'sent 0123456789a'],
  ])('takes out what a cut left %s', (_, text, blotted) => {
    expect(blotting('0123456789abcdefghijklm')(text)).toBe(blotted);
  });

  it('leaves no twelve characters of a value wherever a text was cut through it', () => {
    const letters = (from: string, minLength: number) =>
      fc.string({ unit: fc.constantFrom(...from), minLength, maxLength: 60 });
    const mark = fc.constantFrom('', '…');
    const cuts = fc.tuple(fc.nat(59), fc.nat(59), mark, fc.boolean());
    fc.assert(
      fc.property(
        letters('abA/+%{"', 13),
        letters('xyz ', 0),
        letters('xyz ', 0),
        cuts,
        (value, a, b, [one, other, end, isInText]) => {
          const [from, to] = [one, other]
            .map((at) => at % (value.length + 1))
            .toSorted((x, y) => x - y) as [number, number];
          const tail = `${a}${value.slice(0, to)}${end}${isInText ? b : ''}`;
          const head = `${isInText && end ? a : ''}${end}${value.slice(from)}${b}`;
          const texts = [
            end === '' ? `${a}${value.slice(0, to)}` : tail,
            head,
            value.slice(from, to),
          ];
          for (const text of texts) {
            const blotted = blotting(value)(text);
            for (let at = 0; at + 12 <= value.length; at += 1)
              expect(blotted).not.toContain(value.slice(at, at + 12));
          }
        },
      ),
    );
  });

  it('takes no longer than its text and value are long', () => {
    const blot = blotting(`${'a'.repeat(4000)}b`);
    const startedAt = performance.now();
    blot('a…'.repeat(200_000));
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});
