import type { Clock } from '../../release/clock.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Check, CheckContext, CheckVerdict, PreflightContext } from '../check.ts';
import { counted, evidenceOf, type Finding, tell, worstOf } from '../findings.ts';
import type { CheckDeps } from '../index.ts';
import type { SecretsConfig } from '../secrets.ts';
import { type Access, askAccess, type Reading } from './access.ts';
import { type Probed, probe } from './probe.ts';
import { type Look, lookUp, type Stores } from './stores.ts';
import { missingVariables } from './variables.ts';
import { readersIn, type Wanted, wantedByFacts, wantedByManifest } from './wanted.ts';

type SecretsDeps = Pick<CheckDeps, 'timers' | 'clock' | 'secretsManager' | 'parameters' | 'iam'>;

/** A wanted thing and what a look at it told; null while nobody could look. */
interface Looked {
  wanted: Wanted;
  look: Look | null;
  findings: Finding[];
}

/** A check that never reads a secret: it looks at what is said of it, and asks IAM and green itself. */
export function createSecretsCheck(config: SecretsConfig, deps: SecretsDeps): Check {
  const nothing = { names: {}, count: 0, findings: [] };
  const check: Check = {
    async run(context) {
      const facts = await context.describe(context.green);
      const wanted = distinct([...wantedByManifest(config.names), ...wantedByFacts(facts)]);
      const [looked, probed] = await Promise.all([
        lookAtAll(wanted, deps, context.abort),
        config.probe ? probe(config.probe, context, deps.timers) : nothing,
      ]);
      const access = config.access ? await accessOf(looked, facts, config, deps, context) : [];
      const missing = missingVariables(config.variables, facts);
      return conclude(config, { looked, access, missing, probed });
    },
  };
  if (config.names.length === 0) return check;
  return {
    ...check,
    async preflight({ abort }: PreflightContext) {
      const looked = await lookAtAll(distinct(wantedByManifest(config.names)), deps, abort);
      return conclude(config, { looked, access: [], missing: [], probed: nothing });
    },
  };
}

/** The same thing for the same reader once, whoever names it. */
function distinct(wanted: readonly Wanted[]): Wanted[] {
  const keyed = wanted.map((one) => [JSON.stringify([one.reference, one.reader]), one] as const);
  return [...new Map(keyed.toReversed()).values()].toReversed();
}

async function lookAtAll(
  wanted: readonly Wanted[],
  { secretsManager, parameters, clock }: SecretsDeps,
  abort: AbortSignal,
): Promise<Looked[]> {
  if (wanted.length === 0) return [];
  if (!secretsManager || !parameters) return wanted.map(elsewhere);
  const stores = { secretsManager: await secretsManager(), parameters: await parameters() };
  return Promise.all(wanted.map((one) => lookAt(one, stores, clock, abort)));
}

function elsewhere(wanted: Wanted): Looked {
  const says = `${wanted.reference.id} can be looked up on AWS only; here, use \`variables\` or \`probe\``;
  return { wanted, look: null, findings: [{ path: wanted.path, verdict: 'fail', says }] };
}

async function lookAt(
  wanted: Wanted,
  stores: Stores,
  clock: Clock | undefined,
  abort: AbortSignal,
): Promise<Looked> {
  const { path, reference } = wanted;
  try {
    const look = await lookUp(wanted, stores, clock?.now() ?? null, abort);
    const told = (verdict: 'fail' | 'warn', texts: string[]) =>
      texts.map((text) => ({ path, verdict, says: `${reference.id} ${text}` }));
    return {
      wanted,
      look,
      findings: [...told('fail', look.problems), ...told('warn', look.doubts)],
    };
  } catch (error) {
    return {
      wanted,
      look: null,
      findings: [asFinding(path, error, abort, ' (its parameter is targetSecrets)')],
    };
  }
}

/** Patience is for the whole check, while there is time; anything else is its finding. */
function asFinding(path: string, error: unknown, abort: AbortSignal, hint = ''): Finding {
  if (isNamed(error, 'ThrottledError') && !abort.aborted) throw error;
  return { path, verdict: 'fail', says: `${messageOf(error)}${hint}` };
}

type Asked = Access | { reading: null; problem: Finding };

async function accessOf(
  looked: readonly Looked[],
  facts: JsonObject,
  config: SecretsConfig,
  { iam, secretsManager }: SecretsDeps,
  { green, abort }: Pick<CheckContext, 'green' | 'abort'>,
): Promise<Asked[]> {
  const readers = readersIn(facts, green.kind);
  const { role: given } = config;
  const roleOf = ({ path, reader }: Wanted) =>
    path === 'names' ? (given ?? readers[reader]) : readers[reader];
  const there = looked.flatMap(({ wanted, look }) =>
    look?.found ? [{ wanted, found: look.found }] : [],
  );
  const unread = there.filter(({ wanted }) => roleOf(wanted) === null);
  const doubts = unread.map(({ wanted }) => ({ reading: null, problem: unknownReader(wanted) }));
  const readings = there.flatMap(({ wanted, found }): Reading[] => {
    const role = roleOf(wanted);
    return role === null ? [] : [{ wanted, found, role }];
  });
  if (readings.length === 0 || !iam || !secretsManager) return doubts;
  try {
    const clients = { iam: await iam(), secretsManager: await secretsManager() };
    return [...doubts, ...(await askAccess(readings, clients, abort))];
  } catch (error) {
    return [...doubts, { reading: null, problem: asFinding('access', error, abort, accessHint) }];
  }
}

const accessHint = ' (its parameter is targetRoles), or say `access: false`';

function unknownReader({ path, reference }: Wanted): Finding {
  const says = `whether green may read ${reference.id} is not known, as its role is not: name it in \`role\``;
  return { path, verdict: 'warn', says };
}

/** All that was found out. */
interface Outcome {
  looked: Looked[];
  access: Asked[];
  missing: Finding[];
  probed: Probed;
}

function conclude(config: SecretsConfig, outcome: Outcome): CheckVerdict {
  const { looked, access, missing, probed } = outcome;
  const found = [
    ...missing,
    ...looked.flatMap(({ findings }) => findings),
    ...access.flatMap(({ reading, problem }) =>
      problem ? [{ path: reading?.wanted.path ?? 'access', ...problem }] : [],
    ),
    ...probed.findings,
  ];
  return {
    verdict: worstOf(found),
    summary: found.length > 0 ? tell(found) : allIsWell(config, outcome),
    evidence: {
      secrets: looked.slice(0, 50).map(shown),
      variables: config.variables,
      probe: probed.names,
      ...evidenceOf(found),
    },
  };
}

function allIsWell({ variables }: SecretsConfig, { looked, access, probed }: Outcome): string {
  const readable = access.some(({ reading }) => reading) ? ' and readable' : '';
  const parts = [
    looked.length > 0 && `${counted(looked.length, 'secret')} there${readable}`,
    variables.length > 0 && `${counted(variables.length, 'variable')} set`,
    probed.count > 0 && `${counted(probed.count, 'name')} readable by green's own word`,
  ].filter(Boolean);
  return parts.join(', ') || 'green names no secret';
}

function shown({ wanted: { path, reference }, look }: Looked): JsonObject {
  const { store, id } = reference;
  return { path, store, id, version: look?.found?.version ?? null };
}
