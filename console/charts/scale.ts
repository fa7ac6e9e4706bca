/** A point of a line: milliseconds since the epoch, and a value or null where nothing was measured. */
export interface Sample {
  at: number;
  value: number | null;
}

/** Maps a range onto another, linearly. A range without a length maps to the beginning. */
export function linear(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): (value: number) => number {
  const length = to - from;
  if (length === 0) return () => start;
  return (value) => start + ((value - from) / length) * (end - start);
}

/** The next round number that a scale can end at: 1, 2 or 5 times a power of ten. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((it) => it * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** The largest value of some lines; 0 where there is none. */
export function largest(lines: readonly (readonly Sample[])[]): number {
  return lines.flat().reduce((most, { value }) => Math.max(most, value ?? 0), 0);
}

/** An SVG path through the samples; it pauses where nothing was measured. */
export function linePath(
  samples: readonly Sample[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let isDrawing = false;
  const parts = samples.map(({ at, value }) => {
    if (value === null) {
      isDrawing = false;
      return '';
    }
    const command = isDrawing ? 'L' : 'M';
    isDrawing = true;
    return `${command}${round(x(at))} ${round(y(value))}`;
  });
  return parts.join('');
}

/** The same, closed along the bottom: the surface under each unbroken stretch. */
export function areaPath(
  samples: readonly Sample[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  return stretches(samples)
    .filter((stretch) => stretch.length > 1)
    .map((stretch) => {
      const [first, last] = [stretch[0]?.at ?? 0, stretch.at(-1)?.at ?? 0];
      const bottom = round(y(0));
      return `${linePath(stretch, x, y)}L${round(x(last))} ${bottom}L${round(x(first))} ${bottom}Z`;
    })
    .join('');
}

function stretches(samples: readonly Sample[]): Sample[][] {
  const found: Sample[][] = [[]];
  for (const sample of samples) {
    if (sample.value === null) found.push([]);
    else found.at(-1)?.push(sample);
  }
  return found;
}

/** The last sample that was measured, for the mark at the line's end. */
export function lastMeasured(samples: readonly Sample[]): { at: number; value: number } | null {
  const last = samples.findLast(({ value }) => value !== null);
  return last?.value === undefined || last.value === null
    ? null
    : { at: last.at, value: last.value };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
