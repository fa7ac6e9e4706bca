import { expect, it } from 'vitest';
import { differs, parseJson, shown, unmetBody } from '../../../lib/checks/body-expectation.ts';
import type { CheckAnswer } from '../../../lib/checks/check.ts';
import { fieldProblems } from '../../../lib/checks/telemetry/log-lines.ts';
import type { CheckConfig } from '../../../lib/release/manifest.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { type CheckSubject, runCheck } from '../../../lib/steps/run-check.ts';
import { checkContext } from '../../support/check-context.ts';

const depth = 100_000;
const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const nested: unknown = JSON.parse(text);

it('no body is JSON that goes down 100,000 levels', () => {
  expect(parseJson(text)).toBeUndefined();
  expect(unmetBody({ json: { a: 1 } }, text)).toBe('the body is not JSON');
});

it('what only looks nested is JSON', () => {
  const flat = JSON.stringify({ a: `"\\${'['.repeat(depth)}`, b: Array(1000).fill([[{}]]) });
  expect(parseJson(flat)).toEqual(JSON.parse(flat));
});

it('a value is shown as far down as a line has room', () => {
  expect(shown(nested)).toBe(`{"a":${'['.repeat(75)}…`);
  expect(differs('a', nested, 1)).toMatch(/^a is \{"a":\[.*… instead of 1$/);
});

it('a line of a log is none of green', () => {
  const line = `{"trace":"t","environment":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const log = { lines: [line], isOwn: true, name: 'its output' };
  const problems = fieldProblems(log, ['environment'], { environment: 'shop-2' }, 't');
  expect(problems).toEqual(["none of the last 1 lines in its output is green's and JSON"]);
});

it('evidence is cut where it goes down too far', async () => {
  const answer: CheckAnswer = {
    verdict: 'warn',
    summary: 'deep',
    evidence: { own: nested as null, flat: [1, { b: 'c' }] },
  };
  const adapters = { check: () => ({ run: async () => answer }) };
  const ports = { adapters, timers: { after: () => () => {} } } as unknown as Ports;
  const subject = { green: checkContext().green, isLive: false } as unknown as CheckSubject;
  const config = { config: {} as CheckConfig['config'], timeoutSeconds: 5 };
  const tidied = await runCheck(config, subject, ports);
  expect(tidied).toMatchObject({ verdict: 'warn', evidence: { flat: [1, { b: 'c' }] } });
  expect(JSON.stringify(tidied)).toContain('[["…"]]');
});
