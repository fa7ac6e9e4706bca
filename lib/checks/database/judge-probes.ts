import type { JsonObject } from '../../release/json.ts';
import { counted } from '../findings.ts';
import { brief, cut, type Finding, type Part } from './findings.ts';
import type { Unprepared } from './prepare.ts';
import type { ProbeResult } from './probes.ts';
import type { ReplicaResult } from './replicas.ts';
import type { Trial } from './try-migrations.ts';

const whose = { blue: 'blue', green: 'green', both: 'both versions' } as const;

/** What the probes came to on the database as it is. */
export function judgeProbes(results: readonly ProbeResult[], leftOut: readonly string[]): Part {
  const findings: Finding[] = results.flatMap((result) => failureOf(result, ''));
  const works = results.filter(({ isOk }) => isOk).length;
  if (results.length > 0)
    findings.push({ level: 'note', text: `${works} of ${counted(results.length, 'probe')} work` });
  const evidence = {
    probes: cut(results.map((result) => ({ ...result }))) as unknown as JsonObject,
    probesLeftOut: [...leftOut],
  };
  return { findings, evidence };
}

function failureOf({ name, of, isOk, reason }: ProbeResult, where: string): Finding[] {
  if (isOk) return [];
  const text = `probe ${name} of ${whose[of]} fails${where}: ${brief(reason ?? '')}`;
  return [{ level: 'fail', text }];
}

/** What the database says of statements that a version runs. */
export function judgeStatements(side: 'blue' | 'green', unprepared: readonly Unprepared[]): Part {
  const findings = unprepared.map(({ text, reason }): Finding => {
    const what = `${side}'s statement fails on the database as it is: ${brief(reason)}`;
    return { level: 'fail', text: `${what} (${brief(text)})` };
  });
  const key = side === 'blue' ? 'statementsOfBlue' : 'statementsOfGreen';
  const evidence = { [key]: cut(unprepared.map((one) => ({ ...one }))) as unknown as JsonObject };
  return { findings, evidence: unprepared.length > 0 ? evidence : {} };
}

/** What applying the pending migrations, and taking them back, came to. */
export function judgeTrial(trial: Trial): Part {
  const after = ' after the pending migrations';
  const findings: Finding[] = trial.probes.flatMap((result) => failureOf(result, after));
  for (const { text, reason } of trial.unprepared) {
    const what = `blue's statement fails${after}: ${brief(reason)} (${brief(text)})`;
    findings.push({ level: 'fail', text: what });
  }
  if (trial.notTried !== null)
    findings.push({ level: 'warn', text: `pending migrations were not tried: ${trial.notTried}` });
  if (trial.failure !== null) {
    const text = `the pending migrations cannot be applied: ${brief(trial.failure)}`;
    findings.push({ level: 'fail', text });
  }
  if (trial.skipped.length > 0) {
    const text = `${counted(trial.skipped.length, 'statement')} of pending migrations cannot be tried`;
    findings.push({ level: 'warn', text });
  }
  const { notTried, failure, skipped, durationMs, probes, unprepared } = trial;
  const tried = {
    ...{ notTried, failure, skipped: cut(skipped), durationMs },
    probes: cut(probes.map((result) => ({ ...result }))),
    statementsOfBlue: cut(unprepared.map((one) => ({ ...one }))),
  };
  return { findings, evidence: { tried: tried as unknown as JsonObject } };
}

/** How far behind the replicas are. */
export function judgeReplicas(results: readonly ReplicaResult[]): Part {
  const findings = results.flatMap(({ name, isOk, reason }): Finding[] =>
    isOk ? [] : [{ level: 'fail', text: `replica ${name} ${brief(reason ?? '')}` }],
  );
  const worst = Math.max(...results.map(({ lagSeconds }) => lagSeconds ?? 0));
  const is = results.length === 1 ? 'is' : 'are at most';
  if (results.length > 0) {
    const text = `${counted(results.length, 'replica')} ${is} ${worst} s behind`;
    findings.push({ level: 'note', text });
  }
  const evidence = { replicas: results.map((result) => ({ ...result })) as unknown as JsonObject };
  return { findings, evidence };
}
