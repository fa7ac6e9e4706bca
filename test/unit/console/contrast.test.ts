import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(
  path.join(import.meta.dirname, '../../../console/style/tokens.css'),
  'utf8',
);
const [lightText = '', darkText = ''] = css.split('@media (prefers-color-scheme: dark)');

/** The colours of a scheme, by the name of their custom property. */
function colorsIn(text: string): Record<string, string> {
  const found = text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}

const light = colorsIn(lightText);
const schemes = { light, dark: { ...light, ...colorsIn(darkText) } };

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((i) => {
    const share = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** Text and what it stands on. */
const texts: [string, string[]][] = [
  ['ink', ['paper', 'surface', 'sunken', 'blue-tint', 'green-tint', 'good-tint', 'warn-tint']],
  ['ink', ['bad-tint', 'idle-tint']],
  ['muted', ['paper', 'surface', 'sunken', 'blue-tint', 'green-tint']],
  ['patina', ['paper', 'surface']],
  ['patina-hover', ['paper', 'surface']],
  ['on-patina', ['patina', 'patina-hover']],
  ['copper', ['paper', 'surface']],
  ['blue', ['surface']],
  ['blue-ink', ['blue-tint']],
  ['green', ['surface']],
  ['green-ink', ['green-tint']],
  ['good', ['surface', 'good-tint']],
  ['warn', ['surface', 'warn-tint']],
  ['bad', ['surface', 'bad-tint']],
  ['surface', ['bad']],
  ['busy', ['surface', 'busy-tint', 'paper']],
  ['idle', ['surface', 'idle-tint']],
  ['on-roof', ['roof', 'roof-light']],
];

/** Edges of controls, marks and what shows the focus: WCAG 1.4.11 asks for 3. */
const shapes: [string, string[]][] = [
  ['strong-line', ['paper', 'surface']],
  ['focus', ['paper', 'surface']],
  ['roof-edge', ['roof', 'roof-light']],
  ['blue', ['surface', 'sunken', 'blue-tint']],
  ['green', ['surface', 'sunken', 'green-tint']],
  ['patina', ['paper', 'sunken']],
  ['copper', ['surface']],
];

const pairsOf = (list: [string, string[]][]) =>
  Object.entries(schemes).flatMap(([scheme, colors]) =>
    list.flatMap(([text, grounds]) =>
      grounds.map((ground) => ({ scheme, text, ground, ratio: ratioOf(colors, text, ground) })),
    ),
  );

function ratioOf(colors: Record<string, string>, one: string, other: string): number {
  return contrast(colors[one] ?? '', colors[other] ?? '');
}

describe('contrast', () => {
  it.each(pairsOf(texts))('of $text on $ground is enough for text, $scheme', ({ ratio }) => {
    expect(ratio).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairsOf(shapes))('of $text on $ground is enough for shapes, $scheme', ({ ratio }) => {
    expect(ratio).toBeGreaterThanOrEqual(3);
  });

  it('is computed as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBe(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect(contrast('#ffffff', '')).toBeNaN();
  });
});
