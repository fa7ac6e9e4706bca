import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../lib/release/errors.ts';

const page = path.join(import.meta.dirname, '../../docs/errors.md');
const lines = readFileSync(page, 'utf8').split('\n');

/** The cells of the page's rows that name an error. */
const rows = lines
  .filter((line) => /^\| `\w+`/.test(line))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', '')));

describe('docs/errors.md', () => {
  it('has exactly one line for each error of the catalogue, in its order', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(errorCatalogue));
  });

  it.each(Object.entries(errorCatalogue))('says the facts of %s as they are', (name, facts) => {
    const row = rows.find(([first]) => first === name);

    expect(row?.slice(1, 4)).toEqual([
      facts.code,
      String(facts.httpStatus),
      facts.isRetryable ? 'yes' : 'no',
    ]);
  });

  it.each(rows)('says of %s what it means and what to do', (...cells) => {
    const [meaning, advice] = cells.slice(4);

    expect(meaning).toMatch(/^[A-Z].{20,}\.$/);
    expect(advice).toMatch(/^\w.{5,}\.$/);
    expect(cells).toHaveLength(6);
  });

  it('gives every error a code of its own', () => {
    const codes = Object.values(errorCatalogue).map(({ code }) => code);

    expect(new Set(codes).size).toBe(codes.length);
  });
});
