import type { Json } from '../../release/json.ts';
import { parseJson } from '../body-expectation.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { type ContractCheckConfig, type Example, exampleList } from '../contract.ts';
import { addressOf, isSafe } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import { type Answer, createAnswerJudge, judgeValue } from './answers.ts';
import { compareDocuments } from './compare-documents.ts';
import type { Change } from './compare-schemas.ts';
import type { ApiDocument } from './document.ts';
import { askAll, type Probe } from './probes.ts';
import { type Question, questionsFor } from './questions.ts';
import { shapeOf } from './recorded.ts';
import { type Found, findDocument, readFileOf, type SourceDeps } from './sources.ts';
import { conclude, type Looked } from './verdict.ts';

/** An answer that takes longer is none. */
const patienceMs = 5000;

/** What there is to compare, or why there is nothing. */
interface Documents extends Pick<Looked, 'comparison' | 'basis' | 'note' | 'isNoteFine'> {
  /** What answers are held against. */
  document: ApiDocument | null;
}

const none: Documents = {
  comparison: null,
  basis: null,
  note: null,
  isNoteFine: true,
  document: null,
};

/** What the platform gives. */
type Reading = Omit<SourceDeps, 'abort'>;

/** A check of what clients rely on: blue's document, and recorded answers. */
export function createContractCheck(config: ContractCheckConfig, deps: Reading): Check {
  return {
    async run(context) {
      if (addressOf(context.green) === null)
        return failed(`${context.green.id} has no address to ask; use another kind of check`);
      const documents =
        config.openapi === undefined ? none : await compare(config.openapi, context, deps);
      if ('summary' in documents) return documents;
      const examples = await findExamples(config, context, deps);
      if ('summary' in examples) return examples;
      return look(config, documents, examples, context, deps);
    },
  };
}

async function compare(
  source: string,
  context: CheckContext,
  deps: Reading,
): Promise<Documents | CheckVerdict> {
  const { blue, green, abort } = context;
  const sources = { ...deps, abort };
  const [is, was] = await Promise.all([
    findDocument(source, green, sources),
    blue ? findDocument(source, blue, sources) : null,
  ]);
  if ('problem' in is) return failed(`green's document: ${is.problem}`);
  if (was && 'problem' in was && was.isUnreachable)
    return failed(`nothing to compare with: blue's document: ${was.problem}`);
  return documentsOf(is.document, was);
}

function documentsOf(green: ApiDocument, was: Found | null): Documents {
  const own = { ...none, document: green, basis: 'green' as const };
  if (!was) return { ...own, note: 'nothing to compare with: first release' };
  if ('problem' in was)
    return {
      ...own,
      note: `nothing to compare with: blue's document: ${was.problem}`,
      isNoteFine: false,
    };
  const comparison = compareDocuments(was.document, green);
  return { ...none, comparison, basis: 'blue', document: was.document };
}

async function findExamples(
  { examples }: ContractCheckConfig,
  { green, abort }: CheckContext,
  { files }: Reading,
): Promise<Example[] | CheckVerdict> {
  if (typeof examples !== 'string') return examples;
  const text = await readFileOf(examples, green, { files, abort });
  if (typeof text !== 'string') return failed(`examples: ${text.problem}`);
  const read = exampleList.safeParse(parseJson(text));
  if (read.success && read.data.length === 0)
    return failed(`examples: ${examples} has none; put answers into it, or leave examples out`);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return failed(
    `examples: ${examples} at ${issue?.path.join('.') || 'its beginning'}: ${issue?.message}`,
  );
}

async function look(
  config: ContractCheckConfig,
  documents: Documents,
  examples: Example[],
  context: CheckContext,
  { timers }: Reading,
): Promise<CheckVerdict> {
  const { document, ...compared } = documents;
  const headers = await headersWithSecrets(config.headers, context.secret);
  const { values, skip } = config;
  const hasCredentials = Object.keys(headers).length > 0;
  const questions =
    document && config.ask
      ? questionsFor(document, { values, skip, hasCredentials })
      : { asked: [], left: [] };
  const probes = document ? probesOf(questions.asked, document, headers) : [];
  const told = examples.filter(({ request }) => !context.isLive || isSafe(request.method));
  const probing = { timers, patienceMs };
  const answers = await askAll(probes, context, probing);
  const recorded = await askAll(told.map(toProbe), context, probing);
  return conclude({
    ...compared,
    answers,
    examples: recorded,
    left: [...questions.left, ...leftAlone(examples, told)],
    unasked: probes.length + told.length - answers.length - recorded.length,
    allow: config.allow,
  });
}

function leftAlone(all: Example[], told: Example[]): Looked['left'] {
  return all
    .filter((one) => !told.includes(one))
    .map(({ request }) => ({ operation: nameOf(request), why: 'green has users already' }));
}

function probesOf(
  questions: Question[],
  document: ApiDocument,
  headers: Record<string, string>,
): Probe[] {
  const { judge } = createAnswerJudge(document);
  return questions.map(({ operation, target, headers: own }) => ({
    name: operation.name,
    method: operation.method,
    target,
    headers: { ...own, ...headers },
    judge: (answer) => judge(operation, answer),
  }));
}

function nameOf({ method, path }: Example['request']): string {
  return `${method} ${path}`;
}

function toProbe({ request, answer }: Example): Probe {
  const { method, path, headers, body } = request;
  const isText = typeof body === 'string';
  const typed =
    body === undefined || isText ? headers : { 'content-type': 'application/json', ...headers };
  return {
    name: nameOf(request),
    method,
    target: path,
    headers: typed,
    body: body === undefined || isText ? body : JSON.stringify(body),
    judge: (came) => judgeExample(nameOf(request), answer, came),
  };
}

function judgeExample(name: string, recorded: Example['answer'], came: Answer): Change[] {
  const where = `${name} ${recorded.status}`;
  if (came.status !== recorded.status)
    return [{ at: where, says: `is answered with ${came.status}` }];
  if (recorded.body === undefined) return [];
  const value = parseJson(came.body) as Json | undefined;
  if (value === undefined) return [{ at: where, says: 'is no JSON any more' }];
  return judgeValue(value, shapeOf(recorded.body), where);
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}
