import type { EnvironmentRef } from '../../release/document.ts';
import type { AdapterConfig, JsonObject } from '../../release/json.ts';
import { capacitySchema } from '../capacity.ts';
import type { Check, CheckVerdict, PreflightContext } from '../check.ts';
import type { CheckDeps } from '../index.ts';
import { figuresOf } from './blue-figures.ts';
import { type Facts, factEvidence, factsOf, inWords, objectionToSize, scarcity } from './facts.ts';
import { judgeUnderLoad } from './under-load.ts';

/**
 * A check of green's size beside blue's, and of how it answers under a rising load. Puts no load on a
 * green that has users. `config` is the manifest's part as it was written.
 */
export function createCapacityCheck(config: AdapterConfig, deps: CheckDeps): Check {
  const check = capacitySchema.parse(config);
  const { load } = check;

  async function look(context: PreflightContext, green: EnvironmentRef | null) {
    const facts = await factsOf(check, context, green, deps);
    const evidence = factEvidence(facts);
    const objection = objectionToSize(facts);
    const refusal = objection === null ? null : fail(objection, evidence);
    return { facts, evidence, refusal };
  }

  return {
    async run(context) {
      const { facts, evidence, refusal } = await look(context, context.green);
      if (refusal) return refusal;
      if (!load) return judgeFacts(facts, context.blue, evidence, null);
      const figures = await figuresOf(context);
      const known = {
        facts,
        figures,
        evidence: { ...evidence, blueNow: figures && { ...figures } },
      };
      return judgeUnderLoad(load, context, known, deps.timers);
    },
    async preflight(context) {
      const { facts, evidence, refusal } = await look(context, null);
      const otherwise = load ? 'there is no size to compare; green will be put under load' : null;
      return refusal ?? judgeFacts(facts, context.blue, evidence, otherwise);
    },
  };
}

/** @param otherwise What to say where there is no size; null where that is all that was asked for. */
function judgeFacts(
  facts: Facts,
  blue: EnvironmentRef | null,
  evidence: JsonObject,
  otherwise: string | null,
): CheckVerdict {
  const scarce = scarcity(facts);
  if (scarce !== null) return { verdict: 'warn', summary: scarce, evidence };
  const pass = (summary: string): CheckVerdict => ({ verdict: 'pass', summary, evidence });
  if (!blue) return pass('there is nothing to compare with: first release');
  if (facts.compared.length > 0) return pass(`green is as large as blue: ${inWords(facts)}`);
  if (otherwise !== null) return pass(otherwise);
  return fail(
    'what is known of these environments says nothing of their size; ask for load, or name facts',
    evidence,
  );
}

function fail(summary: string, evidence: JsonObject): CheckVerdict {
  return { verdict: 'fail', summary, evidence };
}
