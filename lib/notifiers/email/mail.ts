import type { ReleaseFacts } from '../notifier.ts';
import { factsToTell, oneLine, pageOf, type Telling } from '../telling.ts';

/** Links with which the reader decides. Null where one can't be made, or would be of no use. */
export interface DecisionLinks {
  approve: string | null;
  reject: string | null;
  /** Why there is no link to approve, in one sentence; null where there is one. */
  whyNot: string | null;
}

/** A mail, before it is sent to anybody. */
export interface Mail {
  subject: string;
  text: string;
  html: string;
}

const longestSubject = 150;
const longestSummary = 4000;
const longestTitle = 500;

/**
 * The same for every event of a release: programs that show conversations go by it, too. What happened
 * is the first line.
 */
export function subjectOf({ service, artifact, blue }: ReleaseFacts): string {
  const over = blue ? ` over ${blue.version}` : '';
  return oneLine(`${service}: ${artifact.version}${over}`, longestSubject);
}

/** The mail about an event, with links for one who is asked. */
export function mailAbout(told: Telling, links: DecisionLinks | null): Mail {
  const { event, release } = told;
  const title = oneLine(
    `${release.service} ${release.artifact.version}: ${event.type}`,
    longestTitle,
  );
  const summary = oneLine(event.summary, longestSummary);
  const facts = factsToTell(told);
  const ways = waysOf(told, links);
  const notes = links ? notesOn(links) : [];
  return {
    subject: subjectOf(release),
    text: `${[
      title,
      summary,
      facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
      ...ways.map(([words, url]) => `${words}:\n${url}`),
      ...notes,
    ].join('\n\n')}\n`,
    html: toHtml(title, [summary], facts, ways, notes),
  };
}

/** Where a reader can go: words and address. */
function waysOf(told: Telling, links: DecisionLinks | null): [string, string][] {
  const ways: [string, string | null][] = [
    ['Approve', links?.approve ?? null],
    ['Reject', links?.reject ?? null],
    ['Look at it in the console', pageOf(told)],
  ];
  return ways.flatMap(([words, url]) => (url === null ? [] : [[words, url]]));
}

function notesOn({ approve, reject, whyNot }: DecisionLinks): string[] {
  const isPossible = approve !== null || reject !== null;
  const once =
    'Each link asks again before it decides, counts once, and counts in your name: do not pass this mail on.';
  return [...(whyNot ? [whyNot] : []), ...(isPossible ? [once] : [])];
}

function toHtml(
  title: string,
  paragraphs: string[],
  facts: [string, string][],
  ways: [string, string][],
  notes: string[],
): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th align="left" valign="top">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="en"><body>',
    `<h1 style="font-size:1.2em">${escaped(title)}</h1>`,
    ...paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    `<table cellpadding="4">${rows.join('')}</table>`,
    ...ways.map(([words, url]) => `<p><a href="${escaped(url)}">${escaped(words)}</a></p>`),
    ...notes.map((text) => `<p><small>${escaped(text)}</small></p>`),
    '</body></html>',
  ].join('\n');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
