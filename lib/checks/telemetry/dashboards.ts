import type { JsonObject } from '../../release/json.ts';

/** Dimensions by which AWS itself tells environments apart. */
const dimensionsOfAws = ['ExecutedVersion', 'TargetGroup', 'AutoScalingGroupName', 'ServiceName'];

/** What is wrong with a dashboard, as a clause; null for nothing. */
export type DashboardProblem = string | null;

/**
 * Whether every metric of a dashboard of CloudWatch has a dimension that tells environments apart. The body
 * is as GetDashboard gives it (APIReference/CloudWatch-Dashboard-Body-Structure).
 * @param labels Names of dimensions that do, besides those of AWS.
 */
export function cloudWatchProblem(body: string, labels: readonly string[]): DashboardProblem {
  const parsed = parsedObject(body);
  if (!parsed) return 'is not JSON';
  const names = [...labels, ...dimensionsOfAws];
  const widgets = objectsIn(parsed.widgets).map(({ properties }) => objectOf(properties));
  const rows = widgets.flatMap((it) => spelledOut(it.metrics));
  const queries = widgets.flatMap(({ query }) => (typeof query === 'string' ? [query] : []));
  return share([...rows.map((row) => row.join(' ')), ...queries], names);
}

/**
 * The same for a dashboard of Grafana: a variable of that name, or the label in every query
 * (grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model).
 */
export function grafanaProblem(body: string, labels: readonly string[]): DashboardProblem {
  const parsed = parsedObject(body);
  if (!parsed) return 'is not JSON';
  const variables = objectsIn(objectOf(parsed.templating).list).map(({ name }) => name);
  if (labels.some((label) => variables.includes(label))) return null;
  return share(queriesIn(parsed.panels), labels);
}

function queriesIn(panels: unknown): string[] {
  return objectsIn(panels).flatMap(({ targets, panels: inner }) => [
    ...objectsIn(targets).flatMap(({ expr, query }) => {
      const text = expr ?? query;
      return typeof text === 'string' ? [text] : [];
    }),
    ...queriesIn(inner),
  ]);
}

function share(queries: readonly string[], names: readonly string[]): DashboardProblem {
  if (queries.length === 0) return 'has no queries';
  const known = new Set(names.map((name) => name.toLowerCase()));
  const tells = (query: string) => wordsOf(query).some((word) => known.has(word));
  const blind = queries.filter((query) => !tells(query)).length;
  if (blind === 0) return null;
  return `does not tell environments apart in ${blind} of ${queries.length} queries`;
}

function wordsOf(query: string): string[] {
  return query.toLowerCase().match(/[\w-]+/g) ?? [];
}

/** Rows of metrics with what they take from the row before: `...` for its beginning, `.` for one field. */
function spelledOut(metrics: unknown): string[][] {
  const rows = Array.isArray(metrics) ? metrics.filter((row) => Array.isArray(row)) : [];
  let before: string[] = [];
  return rows.flatMap((row) => {
    const options = objectOf(row.find((it) => typeof it === 'object'));
    if (typeof options.expression === 'string') return mathRow(options.expression);
    const fields = row.filter((it) => typeof it === 'string');
    before = filledIn(fields, before);
    return [before];
  });
}

/** Of expressions only a search finds metrics itself; any other is about rows of the same widget. */
function mathRow(expression: string): string[][] {
  return /\bSEARCH\s*\(/i.test(expression) ? [[expression]] : [];
}

function filledIn(fields: readonly string[], before: readonly string[]): string[] {
  const own = fields[0] === '...' ? fields.slice(1) : fields;
  const taken = fields[0] === '...' ? before.slice(0, before.length - own.length) : [];
  return [...taken, ...own].map((field, at) => (field === '.' ? (before[at] ?? '') : field));
}

function parsedObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
