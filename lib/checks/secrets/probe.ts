import type { Timers } from '../../release/clock.ts';
import { parseJson } from '../body-expectation.ts';
import type { CheckContext } from '../check.ts';
import { counted, type Finding } from '../findings.ts';
import { addressOf, askSteadily, causeOf } from '../requests.ts';
import type { ProbeConfig } from '../secrets.ts';

/** What green says of its secrets: a state by name, never a value. */
export interface Probed {
  findings: Finding[];
  /** Of names that the manifest asks for: any other key may be a secret by mistake. */
  names: Record<string, 'readable' | 'missing' | 'unclear'>;
  /** How many names green spoke of. */
  count: number;
}

/** Asks green itself which secrets it can read. */
export async function probe(
  config: ProbeConfig,
  { green, secret, abort }: Pick<CheckContext, 'green' | 'secret' | 'abort'>,
  timers: Timers,
): Promise<Probed> {
  const address = addressOf(green);
  if (address === null) return failed('green has no address to ask for its secrets');
  const token = config.secret === undefined ? null : await secret(config.secret);
  try {
    const headers = token === null ? {} : { [config.header]: token };
    const request = { url: `${address}${config.path}`, headers, signal: abort };
    const { status, body } = await askSteadily(request, { timers });
    return status === 200 ? judge(config, parseJson(body)) : failed(refusal(config, status));
  } catch (error) {
    return failed(`${config.path} gave no answer: ${causeOf(error)}`);
  }
}

function refusal({ path, secret }: ProbeConfig, status: number): string {
  const isRefused = status === 401 || status === 403;
  const hint = secret === undefined ? 'name one in probe.secret' : `look at the secret ${secret}`;
  return `${path} answers ${status} instead of 200${isRefused ? `; ${hint}` : ''}`;
}

function judge({ path, names: wanted }: ProbeConfig, answer: unknown): Probed {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return failed(`${path} does not answer with an object of names`);
  const told = Object.entries(answer).map(([name, state]) => [name, stateOf(state)] as const);
  const asked = told.filter(([name]) => wanted.includes(name));
  const others = told.filter(([name, state]) => !wanted.includes(name) && state !== 'readable');
  const unknown = wanted.filter((name) => !Object.hasOwn(answer, name));
  return {
    names: Object.fromEntries(asked),
    count: told.length,
    findings: [
      ...asked.flatMap(([name, state]) =>
        state === 'readable' ? [] : [finding(name, `green says that ${name} is ${state}`)],
      ),
      ...(others.length > 0 ? [findingOfOthers(others.length)] : []),
      ...unknown.map((name) => finding(name, `${path} does not know ${name}`)),
    ],
  };
}

/** Whatever else stands there may be a secret by mistake, and is not repeated. */
function stateOf(state: unknown): 'readable' | 'missing' | 'unclear' {
  if (state === true || state === 'readable') return 'readable';
  return state === false || state === null || state === 'missing' ? 'missing' : 'unclear';
}

function finding(name: string, says: string): Finding {
  return { path: `probe.${name}`, verdict: 'fail', says };
}

function findingOfOthers(count: number): Finding {
  const what = `${counted(count, 'name')} that probe.names does not have`;
  const says = `green says that ${what} ${count === 1 ? 'is' : 'are'} not readable`;
  return { path: 'probe', verdict: 'fail', says };
}

function failed(says: string): Probed {
  return { names: {}, count: 0, findings: [{ path: 'probe', verdict: 'fail', says }] };
}
