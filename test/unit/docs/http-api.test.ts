import { describe, expect, it } from 'vitest';
import { apiDocument } from '../../../lib/platform/api-document.ts';
import { type Document, withRoutes } from '../../../scripts/reference/http-api.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/http-api.md');
const document = apiDocument() as unknown as Document;

describe('docs/http-api.md', () => {
  it('has the routes as node scripts/reference.ts writes them now', () => {
    expect(withRoutes(page, document)).toBe(page);
  });

  it('shows every route and every shape', () => {
    for (const path of Object.keys(document.paths)) expect(page).toContain(` ${path}`);
    for (const name of ['ReleaseStatus', 'Approval', 'Diagnosis', 'Error']) {
      expect(page).toContain(`\n#### ${name}\n`);
    }
  });

  it('links to shapes that it shows, each once', () => {
    const shown = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => slugOf(text));
    const linked = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(linked.filter((anchor) => !shown.includes(anchor ?? ''))).toEqual([]);
    expect(shown.filter((slug, i) => shown.indexOf(slug) !== i)).toEqual([]);
  });

  it('is left alone where it does not say where routes belong', () => {
    expect(() => withRoutes('# Something else', document)).toThrow('the page lacks');
  });
});

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
