import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { diffLines, shortDigest } from '../../../console/model/changes.ts';
import { missingApprovals } from '../../../console/model/review.ts';
import { yamlText } from '../../../console/model/yaml-text.ts';
import type { ReviewAnswer } from '../../../console/types.ts';

const root = path.join(import.meta.dirname, '../../..');

describe('a manifest as text', () => {
  it('looks as people write it', () => {
    const manifest = {
      service: 'shop',
      checks: [{ kind: 'http', path: '/healthz', expect: { status: 200 } }],
      cutover: { steps: [{ weight: 5, bake: '10m' }, 100] },
      notify: [],
      on: 'yes',
    };

    expect(yamlText(manifest)).toBe(`service: shop
checks:
  - kind: http
    path: /healthz
    expect:
      status: 200
cutover:
  steps:
    - weight: 5
      bake: 10m
    - 100
notify: []
"on": "yes"
`);
  });

  it.each(globSync('examples/*/storefront.yml', { cwd: root }))('means the same as %s', (file) => {
    const source: unknown = parse(readFileSync(path.join(root, file), 'utf8'));

    expect(parse(yamlText(source))).toEqual(source);
  });

  it('means the same whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        expect(parse(yamlText(json), { uniqueKeys: false })).toEqual(json);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a review', () => {
  it('shows what was added, removed and changed', () => {
    const lines = diffLines([
      { path: 'watch.window', before: '10m', after: '30m' },
      { path: 'owner', before: null, after: 'team' },
      { path: 'checks[0]', before: { kind: 'http' }, after: null },
    ]);

    expect(lines).toEqual([
      { path: 'watch.window', kind: 'changed', before: '10m', after: '30m' },
      { path: 'owner', kind: 'added', before: null, after: 'team' },
      { path: 'checks[0]', kind: 'removed', before: '{"kind":"http"}', after: null },
    ]);
  });

  it('counts different people who said yes', () => {
    const by = (name: string, decision: 'approve' | 'reject') => ({
      by: name,
      decision,
      reason: null,
      at: '',
    });
    const decisions = [by('ada', 'approve'), by('ada', 'approve'), by('grace', 'reject')];

    expect(missingApprovals({ requiredCount: 2, decisions } as unknown as ReviewAnswer)).toBe(1);
  });

  it('shortens digests', () => {
    expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
    expect(shortDigest(undefined)).toBeNull();
  });
});
