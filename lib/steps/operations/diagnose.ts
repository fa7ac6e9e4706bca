import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import type { Diagnosis, ReleaseLine, Sides } from '../../release/diagnosis.ts';
import type { Ports } from '../ports.ts';
import { findingsOf } from './diagnose/findings.ts';
import { type Observation, observe } from './diagnose/observe.ts';
import { lastWordOf } from './diagnose/route.ts';
import { storedManifestOf } from './manifests.ts';

/**
 * What is wrong with a service. Changes nothing. See `Operations.diagnose`.
 * @throws ServiceUnknownError
 */
export async function diagnose(service: string, ports: Ports): Promise<Diagnosis> {
  const seen = await observe(await storedManifestOf(service, ports), ports);
  return {
    service,
    at: isoTime(seen.nowMs),
    findings: findingsOf(seen),
    sides: sidesOf(seen),
  };
}

function sidesOf(seen: Observation): Sides {
  const { route, live, lock, releases, executions, retirements } = seen;
  const last = lastWordOf(seen);
  const waiting = retirements.flatMap((one) => one.executions);
  return {
    route: { weights: route.value, problem: route.problem, live },
    ledger: {
      lock: lock && { holder: lock.releaseId, epoch: lock.epoch },
      open: releases.filter(isOpen).map(lineOf),
      last: last && { ...lineOf(last.release), expected: last.expected },
    },
    executions: [...executions, ...waiting.filter(({ status }) => status === 'running')],
  };
}

function isOpen({ outcome }: ReleaseRecord): boolean {
  return outcome === null || outcome === 'held' || outcome === 'rollback-failed';
}

function lineOf({ releaseId, phase, outcome }: ReleaseRecord): ReleaseLine {
  return { releaseId, phase, outcome };
}
