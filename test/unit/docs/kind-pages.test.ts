import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentKinds } from '../../../lib/environments/index.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { routerKinds } from '../../../lib/routers/index.ts';
import type { RouterFacts } from '../../../lib/routers/router.ts';
import { kindPage } from '../../../scripts/reference.ts';
import { routerConfigs } from '../../statemachine/faults/router-profiles.ts';
import { createUnconnectedRouter } from '../../support/unconnected-router.ts';
import { readPage, root, tableRows } from './pages.ts';

const pageOf = (part: string, kind: string) => readPage(`docs/${kindPage(part, kind)}`);

/** The table of facts: what each row says, by the column's heading. */
function factsTable(page: string): Map<string, Record<string, string>> {
  const table = /^\| fact (.*\n)((?:\|.*\n)+)/m.exec(page);
  const columns = (table?.[1] ?? '').split('|').map((cell) => cell.replaceAll('`', '').trim());
  const headings = columns.filter((cell) => cell !== '');
  const rows = tableRows(table?.[2] ?? '').map(
    ([fact = '', ...cells]) =>
      [fact, Object.fromEntries(headings.map((heading, i) => [heading, cells[i] ?? '']))] as const,
  );
  return new Map(rows);
}

/** What a page says of a router that is configured like this. */
function saidOf(config: AdapterConfig, fact: string): string {
  const cells = factsTable(pageOf('router', config.kind)).get(fact) ?? {};
  const cell = cells[`${config.mode}`] ?? Object.values(cells)[0] ?? '';
  const exceptions = cell.matchAll(/[;,] ([^;,]+?) with `(\w+): ([\w-]+)`/g);
  for (const [, said = '', key = '', value] of exceptions) if (config[key] === value) return said;
  return cell;
}

/** `60 s assumed`, `none`, or a sum: `60 s for its servers, plus `ttl` …, plus 1 s`; the key is 60 s if absent. */
function secondsSaid(config: AdapterConfig): number {
  const said = saidOf(config, 'propagation');
  if (said.startsWith('none')) return 0;
  const parts = said.matchAll(/(?:^|\bplus )(?:(\d+) s\b|`ttl`)/g);
  return [...parts].reduce((sum, [, seconds = '60']) => sum + Number(seconds), 0);
}

function isSaid(config: AdapterConfig, fact: string): boolean | string {
  const said = saidOf(config, fact);
  if (/^yes\b/.test(said)) return true;
  return /^(?:no|none)\b/.test(said) ? false : said;
}

const { 'route53-records': records, 'api-gateway-mapping': mapping, composite } = routerConfigs;
const stage = { kind: 'api-gateway-mapping', apiId: 'a1b2c3d4e5', stage: 'prod' };

/** Every kind, and every mode that changes its facts. */
const configs = [
  ...Object.values(routerConfigs).filter((config) => config !== composite),
  { ...records, mode: 'single' },
  { ...mapping, endpoint: 'edge' },
  { ...stage, mode: 'stage-variable', variable: 'backend' },
  { ...stage, mode: 'canary' },
  {
    kind: 'cloudfront-origin',
    mode: 'key-value-store',
    keyValueStoreArn: 'arn:aws:cloudfront::123456789012:key-value-store/0a1b2c',
  },
] as AdapterConfig[];

const named = configs.map(
  (config) =>
    [[config.kind, config.mode, config.endpoint].filter(Boolean).join(' '), config] as const,
);

describe('the page of a router', () => {
  it('is there for every kind', () => {
    expect(Object.keys(routerConfigs).sort()).toEqual(routerKinds.map(({ kind }) => kind).sort());
  });

  it.each(named)('has the facts that the adapter states: %s', async (_, config) => {
    const { facts } = await createUnconnectedRouter(config);
    const said: { [Fact in keyof RouterFacts]: unknown } = {
      isAtomic: isSaid(config, 'atomic'),
      isConditional: isSaid(config, 'conditional (compare-and-swap)'),
      supportsWeights: isSaid(config, 'weights'),
      maxPropagationSeconds: secondsSaid(config),
    };

    expect(said).toEqual(facts);
  });

  it('of composite has what follows from its parts', () => {
    const [, ...rows] = factsTable(pageOf('router', 'composite'));

    expect(isSaid({ kind: 'composite' }, 'atomic')).toBe(false);
    expect(rows.map(([fact]) => fact)).toEqual([
      'conditional (compare-and-swap)',
      'weights',
      'propagation',
    ]);
    for (const [, { value }] of rows) expect(value).toMatch(/every part|its parts/);
  });
});

describe('the page of an environment', () => {
  it.each(environmentKinds.map(({ kind }) => kind))('has its facts: %s', (kind) => {
    const facts = [...factsTable(pageOf('environment', kind)).keys()];

    for (const fact of [/^id of an environment$/, /^address$/, /^same .+ again$/, /^capacity\b/])
      expect(facts, `${fact}`).toContainEqual(expect.stringMatching(fact));
  });
});

/** The folder of a kind's own code, and its page. */
const kinds = [
  ...routerKinds.map(({ kind }) => ({ code: `lib/routers/${kind}`, page: pageOf('router', kind) })),
  ...environmentKinds.map(({ kind }) => ({
    code: `lib/environments/${kind}`,
    page: pageOf('environment', kind),
  })),
];

function permissionsIn(page: string): string {
  return (
    /^## (?:Permissions|Limits and permissions)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page)?.[1] ??
    ''
  );
}

/** What the SDK is asked to do by an adapter's files, and by what adapters share of load balancers. */
function commandsOf(code: string): string[] {
  const files = globSync([`${code}.ts`, `${code}/**/*.ts`], { cwd: root }).map(readPage);
  const shared = files.some((text) => /from '.*\/aws\/target-groups\.ts'/.test(text))
    ? [readPage('lib/aws/target-groups.ts')]
    : [];
  const found = [...files, ...shared].flatMap((text) => [
    ...text.matchAll(/\bnew (?:\w+\.)?([A-Z]\w+)Command\(/g),
  ]);
  return [...new Set(found.map(([, command = '']) => command))];
}

/** Most actions are named for what is asked; those of API Gateway are the verbs of HTTP. */
function actionOf(command: string, code: string): string {
  if (!code.endsWith('/api-gateway-mapping')) return command;
  const verbs: Record<string, string> = { Get: 'GET', Update: 'PATCH', Create: 'POST' };
  return `apigateway:${verbs[/^[A-Z][a-z]+/.exec(command)?.[0] ?? ''] ?? command}`;
}

describe('the README', () => {
  it('says of every kind how it is shown to work', () => {
    const named = tableRows(readPage('README.md')).map(
      ([kind = '']) => /\(docs\/(.+)\)/.exec(kind)?.[1],
    );
    const parts = { router: routerKinds, environment: environmentKinds };
    const pages = Object.entries(parts).flatMap(([part, all]) =>
      all.map(({ kind }) => kindPage(part, kind)),
    );

    expect(named.filter((page) => page !== undefined).toSorted()).toEqual(pages.toSorted());
  });
});

describe('the permissions on a page', () => {
  it.each(kinds)('are there, or are none: $code', ({ code, page }) => {
    const isAsking = commandsOf(code).length > 0;

    expect(permissionsIn(page)).toMatch(isAsking ? /`\w+:\w+`|`[\w-]+:/ : /^(?:None|Those of)/);
  });

  it.each(kinds)('name all that the adapter asks for: $code', ({ code, page }) => {
    const permissions = permissionsIn(page);
    const asked = commandsOf(code).map((command) => actionOf(command, code));

    expect(asked.filter((action) => !permissions.includes(action))).toEqual([]);
  });

  it('are looked for in what an adapter asks', () => {
    expect(commandsOf('lib/routers/alb-listener')).toContain('DescribeTargetHealth');
    expect(commandsOf('lib/environments/auto-scaling-group')).toContain('RemoveTags');
  });
});
