/** A line or dots. The class is one of `a` to `d`: colour and dashes. */
export interface ChartSeries {
  className: 'a' | 'b' | 'c' | 'd';
  as: 'line' | 'dots';
  /** A gap where y is null. */
  points: readonly { x: number; y: number | null }[];
}

/** A coordinate system of its own. */
export interface Panel {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly ChartSeries[];
  /** Vertical lines with words at their top. */
  marks: readonly { x: number; label: string }[];
  /** Horizontal lines with words at their right end. */
  limits: readonly { y: number; label: string }[];
}

interface Axis {
  from: number;
  until: number;
  label: string;
}

/** A whole picture. */
export interface Chart {
  title: string;
  /** For those who can't see it. */
  description: string;
  /** What is drawn, under the title. */
  caption: string;
  columns: number;
  panelHeight: number;
  panels: readonly Panel[];
  legend: readonly { className: ChartSeries['className']; as: ChartSeries['as']; label: string }[];
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const width = 960;
const margin = { left: 62, right: 24, top: 104 };
const gap = { column: 76, row: 88 };

const style = `
svg{font:13px Helvetica,Arial,sans-serif}
.back{fill:#ffffff}.text{fill:#1f2937}.quiet{fill:#4b5563}
.grid{stroke:#d1d5db;fill:none}.mark{stroke:#6b7280;stroke-dasharray:2 3}.limit{stroke:#b91c1c;stroke-dasharray:6 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.dot{stroke:none}
.a{stroke:#0b5cad}.b{stroke:#15803d}.c{stroke:#b45309;stroke-dasharray:7 3}.d{stroke:#9d174d;stroke-dasharray:2 2}
.dot.a{fill:#0b5cad}.dot.b{fill:#15803d}.dot.c{fill:#b45309}.dot.d{fill:#9d174d}
@media (prefers-color-scheme:dark){.back{fill:#0d1117}.text{fill:#e6edf3}.quiet{fill:#a8b3c0}
.grid{stroke:#30363d}.mark{stroke:#8b949e}.limit{stroke:#ff7b72}
.a{stroke:#6cb6ff}.b{stroke:#57d364}.c{stroke:#f0b45a}.d{stroke:#f58fc0}
.dot.a{fill:#6cb6ff}.dot.b{fill:#57d364}.dot.c{fill:#f0b45a}.dot.d{fill:#f58fc0}}
`.trim();

/** Draws a chart as SVG that follows the reader's light or dark colours. */
export function drawChart(chart: Chart): string {
  const { title, description, caption, columns, panelHeight, panels, legend } = chart;
  const rows = Math.ceil(panels.length / columns);
  const legendY = margin.top + rows * (panelHeight + gap.row) - 24;
  const height = legendY + 26;
  const free = width - margin.left - margin.right - gap.column * (columns - 1);
  const boxOf = (index: number): Box => ({
    x: margin.left + (index % columns) * (free / columns + gap.column),
    y: margin.top + Math.floor(index / columns) * (panelHeight + gap.row),
    width: free / columns,
    height: panelHeight,
  });
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

function drawPanel({ title, x, y, series, marks, limits }: Panel, box: Box): string[] {
  const atX = (value: number) => box.x + ((value - x.from) / (x.until - x.from)) * box.width;
  const atY = (value: number) => box.y + (1 - (value - y.from) / (y.until - y.from)) * box.height;
  const below = box.y + box.height;
  return [
    text(box.x, box.y - 25, title, 'text', 'font-weight="bold"'),
    text(box.x, box.y - 8, y.label, 'quiet', 'font-size="11"'),
    ...ticksOf(y, 5).flatMap((tick) => [
      `<path class="grid" d="M${short(box.x)} ${short(atY(tick))}h${short(box.width)}"/>`,
      text(box.x - 8, atY(tick) + 4, figure(tick), 'quiet', 'text-anchor="end"'),
    ]),
    ...ticksOf(x, 8).map((tick) =>
      text(atX(tick), below + 18, figure(tick), 'quiet', 'text-anchor="middle"'),
    ),
    text(box.x + box.width / 2, below + 36, x.label, 'quiet', 'text-anchor="middle"'),
    ...limits.flatMap(({ y: at, label }) => [
      `<path class="limit" d="M${short(box.x)} ${short(atY(at))}h${short(box.width)}"/>`,
      text(box.x + box.width, atY(at) - 5, label, 'quiet', 'font-size="11" text-anchor="end"'),
    ]),
    ...marks.flatMap(({ x: at, label }) => [
      `<path class="mark" d="M${short(atX(at))} ${short(box.y)}v${short(box.height)}"/>`,
      text(atX(at), box.y - 8, label, 'quiet', 'font-size="11" text-anchor="middle"'),
    ]),
    ...series.flatMap((it) => drawSeries(it, atX, atY)),
  ];
}

function drawSeries(
  { className, as, points }: ChartSeries,
  atX: (value: number) => number,
  atY: (value: number) => number,
): string[] {
  const known = points.flatMap(({ x, y }) => (y === null ? [] : [{ x: atX(x), y: atY(y) }]));
  const dots = known.map(
    ({ x, y }) => `<circle class="dot ${className}" cx="${short(x)}" cy="${short(y)}" r="2.6"/>`,
  );
  if (as === 'dots') return dots;
  const path = points
    .map(({ x, y }, i) => {
      const isFirst = (points[i - 1]?.y ?? null) === null;
      return y === null ? '' : `${isFirst ? 'M' : 'L'}${short(atX(x))} ${short(atY(y))}`;
    })
    .join('');
  return [`<path class="line ${className}" d="${path}"/>`];
}

/** Round numbers within an axis, about so many. */
function ticksOf({ from, until }: Axis, wanted: number): number[] {
  const rough = (until - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((it) => it * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(until / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

function drawLegend(legend: Chart['legend'], y: number): string[] {
  let x = margin.left;
  return legend.flatMap(({ className, as, label }) => {
    const from = x;
    x += 64 + label.length * 7;
    return [
      as === 'line'
        ? `<path class="line ${className}" d="M${from} ${y}h28"/>`
        : `<circle class="dot ${className}" cx="${from + 14}" cy="${y}" r="4"/>`,
      text(from + 34, y + 4, label, 'text'),
    ];
  });
}

function text(x: number, y: number, content: string, className: string, more = ''): string {
  const attributes = more && ` ${more}`;
  return `<text class="${className}" x="${short(x)}" y="${short(y)}"${attributes}>${encode(content)}</text>`;
}

/** A number with three digits that count, and k, M or G for thousands. */
function figure(value: number): string {
  const size = Math.abs(value);
  const units: readonly [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ];
  const [, unit = ''] = units.find(([least]) => size >= least) ?? [];
  const scale = { G: 1e9, M: 1e6, k: 1e3 }[unit] ?? 1;
  return `${Number((value / scale).toPrecision(3))}${unit}`;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** What XML 1.0 has no place for (section 2.2), and a few characters more that nobody sees. */
const unprintable = /(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/gu;

function encode(content: string): string {
  const whole = content.toWellFormed().replace(unprintable, '\uFFFD');
  return whole.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
