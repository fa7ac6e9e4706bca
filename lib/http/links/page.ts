import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Review } from '../operations.ts';
import type { ApprovalLink } from './link-token.ts';

type Html = ReturnType<typeof html>;

/** What a person is shown. */
export interface Page {
  status: ContentfulStatusCode;
  title: string;
  body: Html | string;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
textarea { width: 100%; box-sizing: border-box; font: inherit; }
button { margin: 1rem 0; padding: .6rem 1.2rem; font: inherit; font-weight: 600; cursor: pointer; }
`;

/** Nothing but this page's own style, nothing sent to anybody else, and no frame around it. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Answers with a page without scripts, which no cache keeps and which tells nobody where it was. */
export function answerPage(
  c: Context,
  { status, title, body }: Page,
): Response | Promise<Response> {
  c.header('Content-Security-Policy', policy);
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cache-Control', 'no-store');
  c.header('X-Frame-Options', 'DENY');
  c.header('X-Robots-Tag', 'noindex, nofollow');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return c.html(page, status);
}

/** The names of the form's fields. */
export const fields = { link: 'link', reason: 'reason' } as const;

const verbs = { approve: 'Approve', reject: 'Reject' } as const;

/** What the link is for, and the one button that decides. */
export function questionPage(link: ApprovalLink, review: Review, token: string): Page {
  const verb = verbs[link.decision];
  const body = html`${factsOf(link, review)}
<form method="post" action="approve">
<input type="hidden" name="${fields.link}" value="${token}">
<label for="reason">Reason (optional)</label>
<textarea id="reason" name="${fields.reason}" rows="2" maxlength="500"></textarea>
<p>${consequences[link.decision]}</p>
<button type="submit">${verb} ${review.artifact.after.version}</button>
</form>
${consoleLink(link)}`;
  return {
    status: 200,
    title: `${verb} ${review.service} ${review.artifact.after.version}?`,
    body,
  };
}

const consequences = {
  approve: 'Once enough people have approved, the new version gets traffic.',
  reject: 'The release ends, and the new version is removed. No user notices.',
} as const;

/** What there is to say of a link that nobody can decide with now, or that somebody has. */
export function wordsPage(
  status: ContentfulStatusCode,
  title: string,
  words: string,
  link: ApprovalLink | null = null,
): Page {
  return { status, title, body: html`<p>${words}</p>\n${consoleLink(link)}` };
}

function factsOf(link: ApprovalLink, { service, artifact, requestedBy, ...review }: Review): Html {
  const before = artifact.before?.version ?? 'nothing that Verdigris released';
  const approvals = review.decisions.filter(({ decision }) => decision === 'approve').length;
  const facts: [string, string][] = [
    ['Service', service],
    ['New version', artifact.after.version],
    ['Last one completed', before],
    ['Artifact', artifact.after.uri],
    ['Requested by', `${requestedBy}, ${inWords(review.requestedAt)}`],
    ['Approvals', `${approvals} of ${review.requiredCount}`],
    ['Checks', checksOf(review.checks)],
    ['Your decision', link.decision],
    ['In the name of', link.approver],
    ['Possible until', inWords(link.expiresAt)],
  ];
  return html`<dl>
${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

function checksOf(checks: Review['checks']): string {
  if (checks.length === 0) return 'none are asked for';
  return checks.map(({ name, verdict, summary }) => `${name}: ${verdict}, ${summary}`).join('; ');
}

/** Relative, so that it leads on where the console lies below a path. */
function consoleLink(link: ApprovalLink | null): Html {
  const target = link ? `releases/${encodeURIComponent(link.releaseId)}` : './';
  return html`<p><a href="${target}">Look at it in the console</a></p>`;
}

/** `2026-01-02 12:00 UTC` */
function inWords(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
