import { parse } from 'yaml';
import { readPage, tableRows } from '../unit/docs/pages.ts';
import { listed, type Statement } from './packaged.ts';

/** The page that says who may do what. */
const page = readPage('docs/iam.md');

/** What is asked of serverless.yml as it is written. */
interface ServiceFile {
  functions: Record<string, { role: string }>;
  params: { default: Record<string, unknown> };
  custom: { optIn: Record<string, string> };
}

/** serverless.yml, with variables as they are written. */
export const service: ServiceFile = parse(readPage('serverless.yml'), { logLevel: 'silent' });

/** The functions' keys. */
export const functions = Object.keys(service.functions);

/** Parameters that grant nothing while they are `none`. */
export const optIn = Object.keys(service.custom.optIn);

/** Values of parameters by their names. */
export type Parameters = Readonly<Record<string, string>>;

/** A statement in one form, however it was written. */
export interface Plain {
  effect: string;
  actions: string[];
  resources: string[];
  /** `operator key: values`. */
  conditions: string[];
}

/** A statement of a policy in one form. */
export function plain({ Effect, Action, Resource, Condition = {} }: Statement): Plain {
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => described(operator, key, listed(values))),
  );
  return {
    effect: Effect,
    actions: listed(Action).toSorted(),
    resources: listed(Resource).toSorted(),
    conditions: conditions.toSorted(),
  };
}

function described(operator: string, key: string, values: string[]): string {
  return `${operator} ${key}: ${values.toSorted().join(' ')}`;
}

/** Statements in an order that does not depend on who wrote them. */
export function sorted(statements: readonly Plain[]): Plain[] {
  const keyed = new Map(statements.map((statement) => [JSON.stringify(statement), statement]));
  return [...keyed.keys()].toSorted().flatMap((key) => keyed.get(key) ?? []);
}

/** The rows of a section of the page. */
export function rowsOf(heading: string): string[][] {
  return tableRows(page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '');
}

/** What stands between backticks in a cell. */
export function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** The page's parameters with their defaults. */
export const defaults: Parameters = Object.fromEntries(
  rowsOf('What you decide').map(([name, value]) => [codeIn(name)[0], codeIn(value)[0] ?? '']),
);

/** A statement of the page, with the words for resources and conditions that it uses. */
export interface Grant {
  name: string;
  /** Parameters that have to be set: all of them, or one of them. */
  needs: { names: string[]; isOneEnough: boolean };
  actions: string[];
  words: string[];
  only: string;
}

/** Every statement of the page, whatever is set. */
export const grants: Grant[] = [
  ...rowsOf('Grants').map(([name, ...rest]) => toGrant(name, '', rest)),
  ...rowsOf('Grants with a parameter').map(([name, needs, ...rest]) => toGrant(name, needs, rest)),
];

function toGrant(name = '', needs = '', [actions, words = '', only = '']: string[]): Grant {
  return {
    name: codeIn(name)[0] ?? '',
    needs: { names: codeIn(needs), isOneEnough: needs.includes(' or ') },
    actions: codeIn(actions).toSorted(),
    words: words.split(', '),
    only,
  };
}

/** Grants of each function, by its key. */
export const granted = new Map(
  rowsOf('Functions').map(([name, cell]) => [codeIn(name)[0] ?? '', codeIn(cell)]),
);

/** What the page says that a function may do when these parameters are set, besides its log and traces. */
export function statementsOnPage(name: string, set: Parameters): Plain[] {
  const isInForce = ({ needs: { names, isOneEnough } }: Grant) =>
    isOneEnough ? names.some((it) => it in set) : names.every((it) => it in set);
  return (granted.get(name) ?? []).flatMap((grant) =>
    grants.filter((it) => it.name === grant && isInForce(it)).map((it) => toPlain(it, set)),
  );
}

function toPlain({ actions, words, only }: Grant, set: Parameters): Plain {
  const resources = words.flatMap((word) => valuesOf('Resources', word, set));
  const rows = only === '' ? [] : rowsCalled('Conditions', only);
  const conditions = rows.map(([, operator, key, values]) => {
    const [called = '', keyed = ''] = [...codeIn(operator), ...codeIn(key)];
    return described(
      called,
      keyed,
      codeIn(values).map((value) => inStage(value, set)),
    );
  });
  return {
    effect: 'Allow',
    actions,
    resources: resources.toSorted(),
    conditions: conditions.toSorted(),
  };
}

function valuesOf(section: string, word: string, set: Parameters): string[] {
  return rowsCalled(section, word).map(([, value]) => inStage(codeIn(value)[0] ?? '', set));
}

function rowsCalled(section: string, word: string): string[][] {
  const rows = rowsOf(section).filter(([called]) => called === word);
  if (rows.length > 0) return rows;
  throw new Error(`docs/iam.md has no "${word}" under ${section}`);
}

/** A text of the page in the stage that is packaged, with these parameters. */
function inStage(text: string, set: Parameters): string {
  return text
    .replace(/\$\{param:(\w+)\}/g, (_, name) => set[name] ?? defaults[name] ?? `no ${name}`)
    .replaceAll('${sls:stage}', 'dev');
}

/** What every function may: its own log, and traces. */
export function ownStatements(name: string): Plain[] {
  const group = `/aws/lambda/verdigris-dev-${name}`;
  const logs = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${group}:*`;
  const allow = (actions: string[], resource: string): Plain => ({
    effect: 'Allow',
    actions,
    resources: [resource],
    conditions: [],
  });
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logs),
    allow(['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], '*'),
  ];
}

/** A condition of the page, as statements have it. */
export function conditionCalled(word: string): string[] {
  return toPlain(
    { name: '', needs: { names: [], isOneEnough: false }, actions: [], words: [], only: word },
    {},
  ).conditions;
}
