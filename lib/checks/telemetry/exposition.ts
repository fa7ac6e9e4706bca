/** One value as an application tells it to Prometheus. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
}

const sampleLine = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+[-+]?(?:\.?\d|Inf|NaN)/;
/** What comes before a label's value, where it is looked for. */
const labelName = /[\s,]*([A-Za-z_]\w*)\s*=\s*"/y;
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

/** From the left to the right, and no further than to the first that is no label. */
function labelsIn(text: string): Record<string, string> {
  const pairs: [string, string][] = [];
  let at = 0;
  for (;;) {
    labelName.lastIndex = at;
    const name = labelName.exec(text)?.[1];
    const begin = labelName.lastIndex;
    const end = name === undefined ? -1 : endOfValue(text, begin);
    if (name === undefined || end < 0) return Object.fromEntries(pairs);
    pairs.push([name, unescaped(text.slice(begin, end))]);
    at = end + 1;
  }
}

/** Where its closing quote is; -1 where there is none. */
function endOfValue(text: string, begin: number): number {
  for (let at = begin; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
