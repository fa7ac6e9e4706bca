import type { Timers } from '../../release/clock.ts';
import type { Json, JsonObject } from '../../release/json.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { CacheCheckConfig } from '../cache.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { counted, firstOf } from '../findings.ts';
import { addressOf } from '../requests.ts';
import { type Finding, filesOfPages, findingsOf, type Side } from './findings.ts';
import { type Page, type VisitDeps, visitFiles, visitPage } from './visits.ts';
import { type Warmed, warmUp } from './warm.ts';

/** So many files of a side are looked at; the rest is counted. */
const mostFiles = 200;
/** So many places are named in evidence. */
const mostPlaces = 40;
/** So many stand in the summary. */
const mostNamed = 2;

/** Everything that was looked at. */
interface Looked {
  green: Side;
  /** Null on a first release. */
  blue: Side | null;
  warmed: Warmed[];
  /** Files that were not looked at. */
  leftOut: number;
  /** Whether green has users, so that nothing was warmed. */
  isLive: boolean;
}

/** A check of what caches hold of blue, and would hold of green. */
export function createCacheCheck(config: CacheCheckConfig, { timers }: { timers: Timers }): Check {
  return {
    async run(context) {
      const { green, blue, abort, isLive } = context;
      const address = addressOf(green);
      if (address === null)
        return failed(`${green.id} has no address to ask; use another kind of check`);
      const before = blue && addressOf(blue);
      if (blue && before === null)
        return failed(`nothing to compare with: blue (${blue.id}) has no address`);
      const deps = { timers, abort };
      const looked = await look(config, { address, before }, deps);
      const warmed = isLive ? [] : await warmUp(address, config.warm, deps);
      return conclude(config, { ...looked, warmed, isLive }, context);
    },
  };
}

async function look(
  { pages }: CacheCheckConfig,
  { address, before }: { address: string; before: string | null },
  deps: VisitDeps,
): Promise<Pick<Looked, 'green' | 'blue' | 'leftOut'>> {
  const visit = (side: string) => Promise.all(pages.map((path) => visitPage(side, path, deps)));
  const [now, then] = await Promise.all([visit(address), before === null ? null : visit(before)]);
  const all = [...new Set([...filesOfPages(now), ...filesOfPages(then ?? [])])];
  const paths = all.slice(0, mostFiles);
  const sideOf = async (side: string, its: Page[]): Promise<Side> => {
    return { pages: its, files: await visitFiles(side, paths, deps) };
  };
  const [green, blue] = await Promise.all([
    sideOf(address, now),
    before === null || then === null ? null : sideOf(before, then),
  ]);
  return { green, blue, leftOut: all.length - paths.length };
}

function conclude(config: CacheCheckConfig, looked: Looked, { abort }: CheckContext): CheckVerdict {
  const findings = findingsOf(looked.green, looked.blue, config);
  const evidence = evidenceOf(looked, findings);
  if (abort.aborted)
    return { verdict: 'fail', summary: 'the time was up before all was looked at', evidence };
  const unknown = looked.blue?.pages.find(
    (page) => 'problem' in page && (page.status ?? 500) >= 500,
  );
  if (unknown && 'problem' in unknown)
    return {
      verdict: 'fail',
      summary: `nothing to compare with: blue's ${unknown.path} ${unknown.problem}`,
      evidence,
    };
  const bad = [
    ...findings.filter(({ verdict }) => verdict === 'fail').map(inWords),
    ...looked.warmed.flatMap(({ url, problem }) => (problem ? [`${url} ${problem}`] : [])),
  ];
  if (bad.length > 0) return { verdict: 'fail', summary: listed(bad), evidence };
  const doubts = findings.map(inWords);
  const verdict = doubts.length > 0 ? 'warn' : 'pass';
  const parts = [...(doubts.length > 0 ? [listed(doubts)] : []), goodInWords(looked)];
  return { verdict, summary: parts.join('; '), evidence };
}

function inWords({ path, says }: Finding): string {
  return `${path} ${says}`;
}

function listed(lines: string[]): string {
  const more = lines.length - mostNamed;
  const first = lines.slice(0, mostNamed).join('; ');
  return more > 0 ? `${first}; and ${more} more` : first;
}

function goodInWords({ green, blue, warmed, isLive, leftOut }: Looked): string {
  const ages = green.pages.flatMap((page) => ('files' in page ? [page.freshSeconds] : []));
  const seconds = Math.max(0, ...ages);
  const longest = seconds === 0 ? '0s' : formatDuration(seconds);
  const parts = [
    blue ? null : 'nothing to compare with: first release',
    `${counted(ages.length, 'page')} kept for ${longest} at most, ${counted(green.files.size, 'file')}`,
    leftOut > 0 ? `${leftOut} more not looked at` : null,
    warmed.length > 0 ? warmInWords(warmed) : null,
    isLive ? 'nothing warmed: green has users' : null,
  ];
  return parts.filter((part) => part !== null).join('; ');
}

function warmInWords(warmed: Warmed[]): string {
  const cold = median(warmed.flatMap(({ coldMs }) => coldMs ?? []));
  const warm = median(warmed.flatMap(({ warmMs }) => warmMs ?? []));
  return `${warmed.length} warmed, from ${cold} ms to ${warm} ms`;
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function evidenceOf({ green, blue, warmed, leftOut }: Looked, findings: Finding[]): JsonObject {
  const onlyGreen = [...green.files].filter(([path, file]) => {
    const before = blue?.files.get(path);
    return 'digest' in file && before !== undefined && 'problem' in before;
  });
  return {
    findings: cut(findings.map(({ rule, verdict, path, says }) => ({ rule, verdict, path, says }))),
    pages: cut(green.pages.map(pageInShort)),
    pagesOfBlue: cut((blue?.pages ?? []).map(pageInShort)),
    files: green.files.size,
    filesNotLookedAt: leftOut,
    filesThatBlueLacks: cut(onlyGreen.map(([path]) => path)),
    warmed: cut(
      warmed.map(({ url, coldMs, warmMs, problem }) => ({ url, coldMs, warmMs, problem })),
    ),
  };
}

function pageInShort(page: Page): JsonObject {
  if ('problem' in page) return { path: page.path, status: page.status, problem: page.problem };
  const { path, freshSeconds, files } = page;
  return { path, freshSeconds, files: files.own.length, filesElsewhere: files.elsewhere };
}

function cut(list: Json[]): Json[] {
  return firstOf(list, mostPlaces);
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}
