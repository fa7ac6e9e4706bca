import { describe, expect, it } from 'vitest';
import { billOf, idleBillOf, prices } from '../../scripts/bench/cloud/prices.ts';
import { readPage, tableRows } from '../unit/docs/pages.ts';
import { readTemplate } from './packaged.ts';

const page = readPage('docs/deploy.md');
const { Resources, Outputs } = readTemplate();

describe('docs/deploy.md', () => {
  it('has every type of resource that the stack creates, and no other', () => {
    const created = page.split('**What is created:**')[1]?.split('\n## ')[0] ?? '';
    const named = tableRows(created).flatMap(([types = '']) =>
      [...types.matchAll(/`(AWS::[\w:]+)`/g)].map(([, type]) => type),
    );
    const types = new Set(Object.values(Resources).map(({ Type }) => Type));

    expect(named.toSorted()).toEqual([...types].sort());
  });

  it('asks only for outputs that there are', () => {
    const asked = [...page.matchAll(/output (\w+Arn|HttpApiUrl)\b/g)].map(([, name = '']) => name);

    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((name) => !Object.hasOwn(Outputs, name))).toEqual([]);
  });

  it('names every parameter of serverless.yml that it is for', () => {
    const defaults =
      readPage('serverless.yml').split('\n  default:\n')[1]?.split('\n  prod:')[0] ?? '';
    const names = [...defaults.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) => name);
    const missing = names.filter((name) => !page.includes(`\`${name}\``));

    expect(missing).toEqual(['runtimePackages']);
  });

  it('says what a month without a release costs, but for the sweep', () => {
    const { schedules: _, ...bill } = idleBillOf(Resources, {});

    expect(bill).toEqual({ alarms: 7 * prices.alarmMonth, secrets: 0.8, keys: 1 });
    expect(page).toMatch(/seven alarms\s+\$0\.70, two secrets \$0\.80/);
  });

  it('counts the runs of the sweep', () => {
    const run = { 'invocations.sweep': 1 };
    const once = Object.values(billOf(run)).reduce((sum, dollars) => sum + dollars, 0);

    expect(idleBillOf(Resources, run).schedules).toBeCloseTo(8640 * once, 9);
    expect(page).toContain('8,640 runs');
  });
});
