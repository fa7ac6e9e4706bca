/** One value as an application tells it to Prometheus. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
}

const sampleLine = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+[-+]?(?:\.?\d|Inf|NaN)/;
const labelPair = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
/** What a histogram or a summary adds to its name. */
const suffix = /_(?:bucket|sum|count|total)$/;

/**
 * The samples of a text in the exposition format of Prometheus or OpenMetrics; lines that are none are left
 * out. See prometheus.io/docs/instrumenting/exposition_formats.
 */
export function samplesIn(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = ''] = sampleLine.exec(line.trim()) ?? [];
    return name === undefined ? [] : [{ name, labels: labelsIn(labels) }];
  });
}

/** Those of a metric, which may be the common name of a histogram's parts. */
export function samplesOf(samples: readonly Sample[], metric: string): Sample[] {
  const own = samples.filter(({ name }) => name === metric);
  return own.length > 0 ? own : samples.filter(({ name }) => name.replace(suffix, '') === metric);
}

function labelsIn(text: string): Record<string, string> {
  const pairs = [...text.matchAll(labelPair)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, unescaped(value)]));
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
