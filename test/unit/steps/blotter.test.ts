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
});
