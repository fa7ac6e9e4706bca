import type { Point } from './figures.ts';

/** A line of a chart. The class is one of `a` to `d`: colour and dashes. */
export interface Line {
  className: 'a' | 'b' | 'c' | 'd';
  points: readonly Point[];
}

/** A coordinate system of its own: seconds to the right, 0 to 100 % upwards. */
export interface Panel {
  title: string;
  fromSeconds: number;
  untilSeconds: number;
  lines: Line[];
  /** Vertical lines with a word at their top. */
  marks: { seconds: number; label: string }[];
  /** Shares with a horizontal line. */
  levels: number[];
}

/** A whole picture. */
export interface Chart {
  title: string;
  /** For those who can't see it. */
  description: string;
  columns: number;
  panels: Panel[];
  legend: { className: Line['className']; label: string }[];
  /** What is drawn, under the title. */
  caption: string;
}

const width = 960;
const margin = { left: 56, right: 20, top: 84, bottom: 40 };
const gap = { column: 60, row: 64 };

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const style = `
svg{font:13px Helvetica,Arial,sans-serif}
.back{fill:#ffffff}.text{fill:#1f2937}.quiet{fill:#4b5563}
.grid{stroke:#d1d5db;fill:none}.mark{stroke:#6b7280;stroke-dasharray:2 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.a{stroke:#0b5cad}.b{stroke:#b45309;stroke-dasharray:7 3}.c{stroke:#15803d;stroke-dasharray:2 2}.d{stroke:#9d174d;stroke-dasharray:10 3 2 3}
@media (prefers-color-scheme:dark){.back{fill:#0d1117}.text{fill:#e6edf3}.quiet{fill:#a8b3c0}
.grid{stroke:#30363d}.mark{stroke:#8b949e}.a{stroke:#6cb6ff}.b{stroke:#f0b45a}.c{stroke:#57d364}.d{stroke:#f58fc0}}
`.trim();

/** Draws a chart as SVG that follows the reader's light or dark colours. */
export function drawChart(chart: Chart, panelHeight: number): string {
  const { title, description, columns, panels, legend, caption } = chart;
  const rows = Math.ceil(panels.length / columns);
  const legendY = margin.top + rows * (panelHeight + gap.row) - 8;
  const height = legendY + (legend.length > 0 ? 28 : 4);
  const boxOf = (index: number): Box => {
    const free = width - margin.left - margin.right - gap.column * (columns - 1);
    const column = index % columns;
    return {
      x: margin.left + column * (free / columns + gap.column),
      y: margin.top + Math.floor(index / columns) * (panelHeight + gap.row),
      width: free / columns,
      height: panelHeight,
    };
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${encode(title)}</title><desc id="desc">${encode(description)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}" rx="8"/>`,
    text(margin.left, 28, title, 'text', 'font-size="17" font-weight="bold"'),
    text(margin.left, 49, caption, 'quiet'),
    ...panels.flatMap((panel, index) => drawPanel(panel, boxOf(index))),
    ...drawLegend(legend, legendY),
    '</svg>\n',
  ].join('\n');
}

function drawPanel(panel: Panel, box: Box): string[] {
  const { fromSeconds, untilSeconds, lines, marks, levels } = panel;
  const x = (seconds: number) =>
    box.x + ((seconds - fromSeconds) / (untilSeconds - fromSeconds)) * box.width;
  const y = (share: number) => box.y + (1 - share) * box.height;
  return [
    text(box.x, box.y - 12, panel.title, 'text', 'font-weight="bold"'),
    ...levels.flatMap((share) => [
      `<path class="grid" d="M${short(box.x)} ${short(y(share))}h${short(box.width)}"/>`,
      text(box.x - 8, y(share) + 4, `${share * 100} %`, 'quiet', 'text-anchor="end"'),
    ]),
    ...ticksOf(fromSeconds, untilSeconds).map((seconds) =>
      text(x(seconds), box.y + box.height + 18, `${seconds} s`, 'quiet', 'text-anchor="middle"'),
    ),
    ...marks.flatMap(({ seconds, label }) => [
      `<path class="mark" d="M${short(x(seconds))} ${short(box.y)}v${short(box.height)}"/>`,
      seconds > (fromSeconds + untilSeconds) / 2
        ? text(x(seconds) - 4, box.y + 11, label, 'quiet', 'font-size="11" text-anchor="end"')
        : text(x(seconds) + 4, box.y + 11, label, 'quiet', 'font-size="11"'),
    ]),
    ...lines.map(
      ({ className, points }) => `<path class="line ${className}" d="${stepsOf(points, x, y)}"/>`,
    ),
  ];
}

/** A share holds until the next point. Points that change nothing are left out. */
function stepsOf(
  points: readonly Point[],
  x: (seconds: number) => number,
  y: (share: number) => number,
): string {
  const turns = points.filter(
    ({ share }, index) => index === 0 || share !== points[index - 1]?.share,
  );
  const [first, ...rest] = turns;
  const last = points.at(-1);
  if (!first || !last) return '';
  const steps = rest.map(({ seconds, share }) => `H${short(x(seconds))}V${short(y(share))}`);
  return `M${short(x(first.seconds))} ${short(y(first.share))}${steps.join('')}H${short(x(last.seconds))}`;
}

function ticksOf(from: number, until: number): number[] {
  const step = [1, 2, 5, 10, 20, 30, 60].find((it) => (until - from) / it <= 8) ?? 120;
  const count = Math.floor(until / step) + 1;
  return Array.from({ length: count }, (_, index) => index * step).filter((it) => it >= from);
}

function drawLegend(legend: Chart['legend'], y: number): string[] {
  let x = margin.left;
  return legend.flatMap(({ className, label }) => {
    const from = x;
    x += 64 + label.length * 7;
    return [
      `<path class="line ${className}" d="M${from} ${y}h28"/>`,
      text(from + 34, y + 4, label, 'text'),
    ];
  });
}

function text(x: number, y: number, content: string, className: string, more = ''): string {
  const attributes = more && ` ${more}`;
  return `<text class="${className}" x="${short(x)}" y="${short(y)}"${attributes}>${encode(content)}</text>`;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function encode(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
