import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The checkout. */
export const root = path.join(import.meta.dirname, '../../..');

/** A file of the checkout, by its path from the root. */
export function readPage(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** The cells of every table row of a page, headings and rulers left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  return lines
    .filter((line, i) => line.startsWith('|') && !isRuler(line) && !isRuler(lines[i + 1] ?? ''))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

function isRuler(line: string): boolean {
  return /^\|[\s|:-]+\|$/.test(line);
}
