import type { Json } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import { firstOf } from '../findings.ts';
import type { Target } from '../network.ts';
import { type Destination, destinationText } from './destination.ts';
import type { PathFinding } from './paths.ts';
import { targetText, triedFacts } from './probe.ts';

/** All that there is to judge. */
export interface Findings {
  paths: readonly PathFinding[];
  declared: readonly Destination[];
  /** What green calls, and the list does not have. */
  unlisted: readonly string[];
}

/** So many are named in a line, and kept as evidence. */
const namedInLine = 3;
const keptAsEvidence = 50;

/** What was found, in one verdict. */
export function judge({ paths, declared, unlisted }: Findings): CheckVerdict {
  const closed = paths.filter(({ green }) => !green.isOpen);
  const worldly = closed.filter(isTheWorld);
  const green = closed.filter((path) => !isTheWorld(path));
  const problems = [
    ...green.map(closedText),
    ...(unlisted.length > 0 ? [`green calls ${listed(unlisted)}: not in the list of allowed`] : []),
  ];
  const evidence = {
    paths: paths.map(pathFacts),
    declared: kept(declared.map(destinationText)),
    notAllowed: kept(unlisted),
  };
  const told = [...problems, ...worldly.map(closedText)];
  if (problems.length > 0) return { verdict: 'fail', summary: listed(told, '; '), evidence };
  if (worldly.length > 0) return { verdict: 'warn', summary: listed(told, '; '), evidence };
  return { verdict: 'pass', summary: praise(paths, declared), evidence };
}

/** Before there is a green: only what is written, and what names resolve to from here. */
export function judgeBefore({
  targets,
  unlisted,
  unresolved,
}: {
  targets: readonly Target[];
  unlisted: readonly string[];
  unresolved: readonly string[];
}): CheckVerdict {
  const evidence = {
    targets: targets.map(targetText),
    notAllowed: kept(unlisted),
    unresolved: kept(unresolved),
  };
  if (unlisted.length > 0) {
    const summary = `${listed(unlisted)}: targets that are not in the list of allowed`;
    return { verdict: 'fail', summary, evidence };
  }
  if (unresolved.length > 0) {
    const summary = `no address for ${listed(unresolved)} as seen from the conductor; green may see others`;
    return { verdict: 'warn', summary, evidence };
  }
  const summary = `the names of ${targets.length} targets resolve as seen from the conductor`;
  return { verdict: 'pass', summary, evidence };
}

/** Closed to blue, too, and users are served nevertheless. */
function isTheWorld({ target, blue }: PathFinding): boolean {
  return !target.critical && blue !== null && 'isOpen' in blue && !blue.isOpen;
}

function closedText({ target, green, blue }: PathFinding): string {
  const why = green.error === null ? '' : ` (${green.error})`;
  return `${targetText(target)} is closed to green${why}${besideBlue(blue)}`;
}

function besideBlue(blue: PathFinding['blue']): string {
  if (blue === null) return '';
  if ('unknown' in blue) return `; blue can't say: its probe ${blue.unknown}`;
  return blue.isOpen ? ', open to blue' : ', and to blue: the world, not green';
}

function praise(paths: readonly PathFinding[], declared: readonly Destination[]): string {
  const open = paths.length > 0 ? [`${paths.length} of ${paths.length} ways out are open`] : [];
  const allowed =
    declared.length > 0 ? [`${declared.length} declared, all in the list of allowed`] : [];
  return [...open, ...allowed].join('; ') || 'green declares that it calls nobody';
}

function pathFacts({ target, green, blue }: PathFinding): { [key: string]: Json } {
  const answer = blue === null || 'unknown' in blue ? blue : triedFacts(blue);
  return {
    target: targetText(target),
    tls: target.tls,
    critical: target.critical,
    green: triedFacts(green),
    blue: answer && { ...answer },
  };
}

function listed(texts: readonly string[], between = ', '): string {
  const more = texts.length - namedInLine;
  const named = texts.slice(0, namedInLine).join(between);
  return more > 0 ? `${named}${between}and ${more} more` : named;
}

function kept(texts: readonly string[]): Json[] {
  return firstOf(texts, keptAsEvidence);
}
