import type { Mark } from '../types.ts';
import {
  areaPath,
  largest,
  lastMeasured,
  linear,
  linePath,
  niceCeiling,
  type Sample,
} from './scale.ts';
import { type Chart, chartInWords } from './series.ts';

const width = 280;
const height = 140;
const margin = { top: 12, right: 12, bottom: 18, left: 8 };

type Scale = (value: number) => number;

/** Both sides of one metric over time. Blue is dashed and ends in a square, green ends in a disc. */
export function LineChart(props: {
  chart: Chart;
  marks: readonly Mark[];
  /** Milliseconds since the epoch. */
  range: readonly [number, number];
}) {
  const { chart, marks, range } = props;
  const top = niceCeiling(Math.max(chart.leastTop, largest([chart.blue, chart.green])));
  const x = linear(range, [margin.left, width - margin.right]);
  const y = linear([0, top], [height - margin.bottom, margin.top]);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{chart.title}</span>
        <Latest color="blue" samples={chart.blue} format={chart.format} />
        <Latest color="green" samples={chart.green} format={chart.format} />
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={chartInWords(chart)}>
        <line class="axis" x1={margin.left} x2={width - margin.right} y1={y(0)} y2={y(0)} />
        <line class="grid" x1={margin.left} x2={width - margin.right} y1={y(top)} y2={y(top)} />
        <text class="scale" x={margin.left} y={y(top) - 3}>
          {chart.format(top)}
        </text>
        <Marks marks={marks} x={x} range={range} />
        <path class="area green" d={areaPath(chart.green, x, y)} />
        <path class="line blue" d={linePath(chart.blue, x, y)} />
        <path class="line green" d={linePath(chart.green, x, y)} />
        <End color="blue" samples={chart.blue} x={x} y={y} />
        <End color="green" samples={chart.green} x={x} y={y} />
      </svg>
    </figure>
  );
}

function Latest(props: { color: string; samples: Sample[]; format: Chart['format'] }) {
  const last = lastMeasured(props.samples);
  return (
    <span class={`chart-value ${props.color}`}>
      {props.color} {last ? props.format(last.value) : 'no data'}
    </span>
  );
}

function End(props: { color: 'blue' | 'green'; samples: Sample[]; x: Scale; y: Scale }) {
  const last = lastMeasured(props.samples);
  if (!last) return null;
  const [cx, cy] = [props.x(last.at), props.y(last.value)];
  return props.color === 'blue' ? (
    <rect class="end blue" x={cx - 3.5} y={cy - 3.5} width="7" height="7" />
  ) : (
    <circle class="end green" cx={cx} cy={cy} r="4" />
  );
}

/** Moments that explain a curve. Verdicts are many: they are ticks at the bottom. */
function Marks(props: { marks: readonly Mark[]; x: Scale; range: readonly [number, number] }) {
  const [from, to] = props.range;
  const shown = props.marks
    .map((mark) => ({ ...mark, ms: Date.parse(mark.at) }))
    .filter(({ ms }) => ms >= from && ms <= to);
  return (
    <>
      {shown.map(({ ms, kind, label }) => (
        <g key={`${kind}-${ms}`} class={`mark ${kind}`}>
          <title>{label}</title>
          <line
            x1={props.x(ms)}
            x2={props.x(ms)}
            y1={kind === 'verdict' ? height - margin.bottom - 5 : margin.top}
            y2={height - margin.bottom}
          />
          {(kind === 'shift' || kind === 'breach') && <MarkSign kind={kind} x={props.x(ms)} />}
        </g>
      ))}
    </>
  );
}

const signs = { shift: 'M-4 0h6m-2.5-2.5l3 2.5-3 2.5', breach: 'M-3-3l6 6M3-3l-6 6' };

function MarkSign({ kind, x }: { kind: keyof typeof signs; x: number }) {
  return <path class="sign" transform={`translate(${x} ${height - 8})`} d={signs[kind]} />;
}
