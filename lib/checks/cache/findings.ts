import { formatDuration } from '../../release/quantities.ts';
import type { CacheCheckConfig } from '../cache.ts';
import type { File, Page } from './visits.ts';

/** What one side shows. */
export interface Side {
  pages: Page[];
  /** By path: those of its own pages, and those of the other side's. */
  files: ReadonlyMap<string, File>;
}

/** Something that caches would show users. */
export interface Finding {
  rule: 'page' | 'html-age' | 'missing' | 'changed' | 'old-assets';
  verdict: 'fail' | 'warn';
  /** The page or file, as a path. */
  path: string;
  says: string;
}

type Limits = Pick<CacheCheckConfig, 'maxHtmlAge' | 'maxChangedAge' | 'keepOldAssets'>;

/** What is wrong with green beside blue, or by itself where there is no blue. */
export function findingsOf(green: Side, blue: Side | null, limits: Limits): Finding[] {
  return [
    ...badPages(green, blue),
    ...longKeptPages(green, limits),
    ...missingFiles(green, blue),
    ...(blue ? changedFiles(green, blue, limits) : []),
    ...(blue ? oldFiles(green, blue, limits) : []),
  ];
}

/** Paths of all files that pages of a side name. */
export function filesOfPages(pages: readonly Page[]): string[] {
  const named = pages.flatMap((page) => ('files' in page ? page.files.own : []));
  return [...new Set(named)];
}

/** A page that nobody could see on blue either is no work of green's. */
function badPages(green: Side, blue: Side | null): Finding[] {
  return green.pages.flatMap((page) => {
    if (!('problem' in page)) return [];
    const before = blue?.pages.find(({ path }) => path === page.path);
    const isOld = before !== undefined && 'problem' in before && before.status === page.status;
    const says = isOld ? `${page.problem}, as on blue` : page.problem;
    return [{ rule: 'page' as const, verdict: isOld ? 'warn' : 'fail', path: page.path, says }];
  });
}

function longKeptPages({ pages }: Side, { maxHtmlAge }: Limits): Finding[] {
  return pages.flatMap((page) => {
    if (!('files' in page) || page.freshSeconds <= maxHtmlAge) return [];
    const says = `may be kept for ${formatDuration(page.freshSeconds)}, more than ${formatDuration(maxHtmlAge)}: users would stay on green that long after a rollback`;
    return [{ rule: 'html-age' as const, verdict: 'fail', path: page.path, says }];
  });
}

/** What green's pages name and green lacks. Where blue lacks it too, it has been so before. */
function missingFiles(green: Side, blue: Side | null): Finding[] {
  const before = new Set(blue ? filesOfPages(blue.pages) : []);
  return filesOfPages(green.pages).flatMap((path) => {
    const file = green.files.get(path);
    if (!file || !('problem' in file)) return [];
    const known = blue?.files.get(path);
    const isOld = before.has(path) && known !== undefined && 'problem' in known;
    const says = `${file.problem}, though green's page needs it${isOld ? '; so it is on blue' : ''}`;
    return [{ rule: 'missing' as const, verdict: isOld ? 'warn' : 'fail', path, says }];
  });
}

/** Other content under the same URL: whoever has one in a cache doesn't get the other. */
function changedFiles(green: Side, blue: Side, { maxChangedAge }: Limits): Finding[] {
  return [...green.files].flatMap(([path, file]) => {
    const before = blue.files.get(path);
    if (!before || 'problem' in before || 'problem' in file) return [];
    const keptFor = Math.max(before.freshSeconds, file.freshSeconds);
    if (before.digest === file.digest || keptFor <= maxChangedAge) return [];
    const says = `is another file on green under the same URL, and may be kept for ${formatDuration(keptFor)}`;
    return [{ rule: 'changed' as const, verdict: 'fail', path, says }];
  });
}

/** What blue's pages name and green lacks: pages that are open, or kept, still ask for it. */
function oldFiles(green: Side, blue: Side, { keepOldAssets }: Limits): Finding[] {
  if (keepOldAssets === 'ignore') return [];
  const current = new Set(filesOfPages(green.pages));
  return filesOfPages(blue.pages).flatMap((path) => {
    const file = green.files.get(path);
    const before = blue.files.get(path);
    if (current.has(path) || !file || !('problem' in file) || !before || 'problem' in before)
      return [];
    const says = `${file.problem} on green, and users who have blue's page need it`;
    return [{ rule: 'old-assets' as const, verdict: keepOldAssets, path, says }];
  });
}
