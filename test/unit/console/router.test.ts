import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LinkClick,
  pathOfClick,
  placeOf,
  releasePath,
  servicePath,
  tokenInHash,
} from '../../../console/router.ts';

describe('addresses', () => {
  it('lead where deep links say', () => {
    expect(placeOf('/')).toEqual({ page: 'services' });
    expect(placeOf('/services')).toEqual({ page: 'services' });
    expect(placeOf('/signin')).toEqual({ page: 'services' });
    expect(placeOf('/services/shop')).toEqual({ page: 'service', service: 'shop' });
    expect(placeOf('/releases/r1')).toEqual({ page: 'release', releaseId: 'r1' });
    expect(placeOf('/releases/r1/')).toEqual({ page: 'release', releaseId: 'r1' });
    expect(placeOf('/releases/r1/x').page).toBe('unknown');
    expect(placeOf('/releases/%E0%A4%A').page).toBe('unknown');
  });

  it('come back from the paths that the console makes, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        expect(placeOf(releasePath(name))).toEqual({ page: 'release', releaseId: name });
        expect(placeOf(servicePath(name))).toEqual({ page: 'service', service: name });
      }),
    );
  });
});

describe('a sign-in link', () => {
  it('carries its token behind the #', () => {
    expect(tokenInHash('#token=vgt_a_b%2Bc')).toBe('vgt_a_b+c');
  });

  it.each(['', '#', '#token=', '#main', '#x&token=a', '#token=%E0%A4%A'])(
    'is not what %s is',
    (hash) => {
      expect(tokenInHash(hash) || null).toBeNull();
    },
  );
});

describe('a click on a link', () => {
  const plain: LinkClick = {
    button: 0,
    hasModifier: false,
    isPrevented: false,
    href: 'https://vg.example/releases/r1',
    target: null,
    hasDownload: false,
  };
  const follow = (changes: Partial<LinkClick>) =>
    pathOfClick({ ...plain, ...changes }, 'https://vg.example');

  it('stays in the console where the link does', () => {
    expect(follow({})).toBe('/releases/r1');
    expect(follow({ href: 'https://vg.example/' })).toBe('/');
  });

  it.each([
    ['another host', { href: 'https://evil.example/releases/r1' }],
    ['sign-in at the issuer', { href: 'https://vg.example/auth/login?return=%2F' }],
    ['the content of the page', { href: 'https://vg.example/#main' }],
    ['a script', { href: 'javascript:alert(1)' }],
    ['another tab', { target: '_blank' }],
    ['a key that opens another tab', { hasModifier: true }],
    ['another button', { button: 1 }],
    ['no link at all', { href: null }],
    ['somebody else', { isPrevented: true }],
    ['a file', { hasDownload: true }],
  ])('is left to the browser for %s', (_, changes) => {
    expect(follow(changes)).toBeNull();
  });
});
