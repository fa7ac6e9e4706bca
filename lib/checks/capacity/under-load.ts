import type { Timers } from '../../release/clock.ts';
import type { JsonObject } from '../../release/json.ts';
import type { LoadConfig } from '../capacity.ts';
import type { CheckContext, CheckVerdict } from '../check.ts';
import { addressOf } from '../requests.ts';
import type { BlueFigures } from './blue-figures.ts';
import { type Facts, inWords, scarcity } from './facts.ts';
import { climb, type Ramp, type Step } from './ramp.ts';

/** What is known before there is any load. */
interface Known {
  facts: Facts;
  /** Null where blue has no metrics, or no requests. */
  figures: BlueFigures | null;
  evidence: JsonObject;
}

/** Puts the load on green, unless it has users, and says what came of it. */
export async function judgeUnderLoad(
  load: LoadConfig,
  { green, blue, isLive, abort }: CheckContext,
  known: Known,
  timers: Timers,
): Promise<CheckVerdict> {
  const { facts, figures, evidence } = known;
  const address = addressOf(green);
  if (isLive) {
    const sizes = facts.compared.length > 0 ? `; ${inWords(facts)}` : '';
    const summary = `no load was put on green, which has users${sizes}`;
    return { verdict: 'pass', summary, evidence };
  }
  if (address === null) {
    const summary = `${green.id} has no address to put load on; leave load out`;
    return { verdict: 'fail', summary, evidence };
  }
  const sides = { green: address, blue: { address: blue && addressOf(blue), figures } };
  const ramp = await climb(load, sides, timers, abort);
  const whole = { ...evidence, load: ramp.steps.map(stepEvidence) };
  const failure = abort.aborted ? outOfTime(ramp) : objectionIn(ramp);
  if (failure !== null) return { verdict: 'fail', summary: failure, evidence: whole };
  const doubt = tooFew(load, ramp);
  if (doubt !== null) return { verdict: 'fail', summary: doubt, evidence: whole };
  return conclude(load, ramp, { ...known, evidence: whole });
}

function outOfTime({ steps }: Ramp): string {
  return `its time was up after ${steps.length} steps of load`;
}

function objectionIn({ steps, objection }: Ramp): string | null {
  if (objection === null) return null;
  return `green does not bear ${steps.at(-1)?.green.perSecond} requests/s, twice: ${objection}`;
}

function tooFew({ minRequests }: LoadConfig, { steps }: Ramp): string | null {
  const sent = steps.reduce((sum, { green }) => sum + green.sent, 0);
  if (sent >= minRequests) return null;
  return `only ${sent} requests were sent, and ${minRequests} are needed for a verdict (load.minRequests); raise load.to or load.duration`;
}

function conclude(
  { to }: LoadConfig,
  { steps }: Ramp,
  { facts, figures, evidence }: Known,
): CheckVerdict {
  const last = steps.at(-1);
  const blues = last?.blue?.p95Ms ?? figures?.p95Ms;
  const beside = typeof blues === 'number' ? `, blue's is ${Math.round(blues)} ms` : '';
  const p95 = Math.round(last?.green.p95Ms ?? 0);
  const sum = `green bears ${to} requests/s with a p95 of ${p95} ms${beside}`;
  const doubt = scarcity(facts) ?? shortfall(to, figures);
  if (doubt === null) return { verdict: 'pass', summary: sum, evidence };
  return { verdict: 'warn', summary: `${sum}; ${doubt}`, evidence };
}

function shortfall(to: number, figures: BlueFigures | null): string | null {
  if (!figures || figures.requestsPerSecond <= to) return null;
  return `yet blue serves ${figures.requestsPerSecond} requests/s now, which was not tried; raise load.to`;
}

function stepEvidence({ green, blue, objection, isRepeated }: Step): JsonObject {
  return { green: { ...green }, blue: blue && { ...blue }, objection, isRepeated };
}
