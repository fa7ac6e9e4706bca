import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { manifestJsonSchema } from '../../../lib/platform/manifest-schema.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { kindPage, renderReference, type Schema, typeOf } from '../../../scripts/reference.ts';
import { readPage, root } from './pages.ts';

const page = readPage('docs/manifest.md');
const schema = manifestJsonSchema() as Schema;

/** Part of the manifest, and a kind that it may name. */
const kinds = Object.entries({
  environment: manifestKinds.environment,
  router: manifestKinds.router,
  checks: manifestKinds.check,
  signals: manifestKinds.signals,
  metrics: manifestKinds.metrics,
  notify: manifestKinds.notifier,
}).flatMap(([part, entries]) => entries.map(({ kind }) => ({ part, kind })));

const smallest = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as object;
const validate = (changes: object) => parseManifest({ ...smallest, ...changes }, manifestKinds);

describe('docs/manifest.md', () => {
  it('is what node scripts/reference.ts writes now', () => {
    expect(page).toBe(renderReference(schema));
  });

  it('shows a manifest that is valid', () => {
    expect(validate({}).service).toBe('storefront');
  });

  it.each(kinds)('has a section for $part of kind $kind, and a page', ({ part, kind }) => {
    const section = page.split(`\n## \`${part}\``)[1]?.split('\n## ')[0];

    expect(section).toContain(`### \`kind: ${kind}\``);
    expect(section).toContain(`(${kindPage(part, kind)})`);
    expect(existsSync(path.join(root, 'docs', kindPage(part, kind)))).toBe(true);
  });

  it.each(kinds)(
    'has the page of $part of kind $kind show its kind in an example',
    ({ part, kind }) => {
      expect(readPage(`docs/${kindPage(part, kind)}`)).toMatch(new RegExp(`kind: ${kind}\\b`));
    },
  );
});

describe('the rules between keys', () => {
  const signals = { kind: 'local-alarms', alarms: { a: { metric: 'requests', below: 1 } } };
  const alarm = (changes: object) => ({
    signals: { ...signals, alarms: { a: { metric: 'requests', below: 1, ...changes } } },
  });

  it.each([
    ['steps that fall', { cutover: { steps: [50, 20, 100] } }, 'must rise'],
    ['steps that end early', { cutover: { steps: [5, 50] } }, 'must end at 100'],
    ['a short interval', { watch: { interval: '50ms' } }, 'at least 100ms'],
    ['a window below the interval', { watch: { window: '10s', interval: '20s' } }, 'shorter than'],
    ['too many looks', { watch: { window: '1001s', interval: '1s' } }, 'at most 1000 fit'],
    [
      'two checks of one name',
      {
        checks: [
          { kind: 'http', name: 'a', path: '/' },
          { kind: 'http', name: 'a', path: '/' },
        ],
      },
      'two checks named "a"',
    ],
    ['an alarm that nobody defines', { signals, watch: { alarms: ['b'] } }, 'is not defined'],
    ['an alarm with two sides', alarm({ above: 2 }), 'exactly one of them'],
    ['an alarm with two spans', alarm({ for: '2s', datapoints: '1 of 2' }), 'use one of them'],
    ['a duration without a unit', { retain: 30 }, 'with its unit'],
    ['a multiplier below 1', { watch: { compare: { errorRate: { max: '0.5x' } } } }, 'at least 1x'],
    ['no tolerance', { watch: { compare: { errorRate: {} } } }, 'either max'],
    [
      'two tolerances',
      { watch: { compare: { latencyP95: { max: '2x', maxIncrease: '5ms' } } } },
      'either max',
    ],
    [
      'a share of a time',
      { watch: { compare: { latencyP95: { maxIncrease: '5%' } } } },
      'watch.compare.latencyP95.maxIncrease: is a share',
    ],
    [
      'a time of a share',
      { watch: { compare: { errorRate: { max: '2x', minEffect: '5ms' } } } },
      'watch.compare.errorRate.minEffect: is a time',
    ],
    [
      'a difference without a unit',
      { watch: { compare: { latencyP95: { maxIncrease: 5 } } } },
      'with its unit',
    ],
    ['no weight', { watch: { compare: { errorRate: { max: '2x', weight: 0 } } } }, 'above 0'],
    ['a manifest that is too large', { owner: 'x'.repeat(16_384) }, 'at most 16384'],
  ])('refuse %s', (_, changes, reason) => {
    expect(() => validate(changes)).toThrow(reason);
  });

  it('ask nobody without approval, and somebody with an empty one', () => {
    expect(validate({}).approval.required).toBe(false);
    expect(validate({ approval: {} }).approval.required).toBe(true);
    expect(validate({ approval: { required: false } }).approval.required).toBe(false);
  });

  it('number checks without a name where there are several of a kind', () => {
    const check = { kind: 'http', path: '/' };

    expect(validate({ checks: [check] }).checks.map((it) => it.name)).toEqual(['http']);
    const names = validate({ checks: [check, check] }).checks.map((it) => it.name);
    expect(names).toEqual(['http-1', 'http-2']);
  });
});

describe('the types of the reference', () => {
  it.each<[Schema, string]>([
    [{ type: 'string' }, 'text'],
    [{ type: 'integer' }, 'whole number'],
    [{ type: 'integer', minimum: 1, maximum: 9 }, 'whole number 1 to 9'],
    [{ type: ['number', 'string'] }, 'number or text'],
    [{ enum: ['a', 'b'] }, '`a`, `b`'],
    [
      { type: 'array', items: { type: 'boolean' }, maxItems: 2 },
      'list of: `true` or `false`; at most 2',
    ],
    [{ type: 'object', additionalProperties: {} }, 'map of names to any value'],
  ])('say %j as %s', (given, words) => {
    expect(typeOf(given)).toBe(words);
  });
});
