import { z } from 'zod';
import { type ArtifactSource, artifactSourceSchema } from './artifact-source.ts';
import { type ComparableMetric, comparisons, type WrittenComparison } from './comparison.ts';
import { VerdigrisError } from './errors.ts';
import { describeIssues, type Issue } from './issues.ts';
import type { AdapterConfig, JsonObject } from './json.ts';
import { kindUnion } from './kind-union.ts';
import { findUnmeasured, type MissingFigures } from './missing-figures.ts';
import { nearestName } from './nearest.ts';
import { atMost, duration, formatDuration, weightPercent } from './quantities.ts';
import { reportedAlarmsOf } from './reported-alerts.ts';
import { type ParsedSlo, sloSchema } from './slo.ts';
import type { WebhookConfig } from './webhook.ts';

/** One kind of adapter, as a registry lends it to the manifest. */
export interface KindSchema {
  kind: string;
  /** A strict object whose `kind` is the literal name. */
  schema: z.ZodObject;
  /** Of a router: the kinds of environments that it can send traffic to; any if absent. */
  fits?: RouterFit;
  /** Of a router: whether it can split traffic, as it is configured; absent where it always can. */
  hasWeights?(config: AdapterConfig): boolean;
  /** Of metrics: what it does not measure, as it is configured; null, or absent, where that is nothing. */
  lacks?(config: AdapterConfig): MissingFigures | null;
}

/** Which environments a router can send traffic to. */
export interface RouterFit {
  environments: readonly string[];
  /** What it needs of them, as a clause: `it sends traffic to target groups`. */
  because: string;
}

/** Every kind the manifest may name, per part. The registries give them. */
export interface ManifestKinds {
  environment: readonly KindSchema[];
  router: readonly KindSchema[];
  check: readonly KindSchema[];
  signals: readonly KindSchema[];
  metrics: readonly KindSchema[];
  notifier: readonly KindSchema[];
  webhook: readonly KindSchema[];
}

/** What every check has besides its own keys. */
export const checkBase = {
  name: z.string().min(1).max(64).optional().describe('Shown in the timeline; the kind if absent'),
  critical: z.boolean().default(true).describe('A critical check that fails stops the release'),
  timeout: atMost('60s')
    .prefault('10s')
    .describe('The whole check may take this long, all attempts together'),
};

const cutoverStep = z.union(
  [
    weightPercent.transform((weight) => ({ weight, bake: undefined })),
    z.strictObject({
      weight: weightPercent.describe('Share of the traffic that green gets'),
      bake: duration
        .optional()
        .describe("How long to watch at this weight; the watch window's length if absent"),
    }),
  ],
  { error: 'needs a weight such as 100, or { weight: 5, bake: 10m }' },
);

const watchedAlarm = z.union(
  [
    z
      .string()
      .min(1)
      .transform((name) => ({ name, informational: false })),
    z.strictObject({
      name: z.string().min(1).describe('Its name'),
      informational: z
        .boolean()
        .default(false)
        .describe('True writes it into the timeline when it fires, and undoes nothing'),
    }),
  ],
  { error: 'needs the name of an alarm, or { name: …, informational: true }' },
);

const watch = z
  .strictObject({
    window: duration.prefault('30m').describe('How long signals can undo a completed shift'),
    interval: duration.prefault('60s').describe('How often blue and green are compared'),
    warmUp: duration
      .prefault('0s')
      .describe(
        'How long after a shift latencies are not compared, less than half of every window; errors are',
      ),
    alarms: z
      .array(watchedAlarm)
      .max(50)
      .default([])
      .describe('Alarms that roll back at once, unless they are informational'),
    alreadyFiring: z
      .enum(['refuse', 'ignore'])
      .default('refuse')
      .describe('What to do about a watched alarm that fires before the cutover'),
    compare: comparisons.default({}).describe('Metrics in which green is compared with blue'),
    minRequests: z
      .int()
      .min(1)
      .default(100)
      .describe('Requests to green before a metric is healthy'),
    blindFor: duration
      .optional()
      .describe(
        'How long alarms or metrics may be unreadable; 5m if absent, or three intervals where that is longer',
      ),
    onBlind: z
      .enum(['rollback', 'hold', 'continue'])
      .default('rollback')
      .describe('What to do about it then: being blind is not being healthy'),
    earlierDays: z
      .int('needs a whole number from 0 to 7')
      .min(0, 'needs a whole number from 0 to 7')
      .max(7, 'needs a whole number from 0 to 7')
      .default(0)
      .describe('On how many earlier days blue is looked up at the same hour'),
  })
  .refine((value) => value.interval >= 0.1, {
    path: ['interval'],
    message: 'is shorter than 100ms; use at least 100ms',
  })
  .refine((value) => value.window >= value.interval, {
    path: ['window'],
    message: 'is shorter than watch.interval; a window holds at least one interval',
  });

const approval = z.strictObject({
  required: z.boolean().default(true).describe('False asks nobody'),
  count: z.int().min(1).max(10).default(1).describe('How many different people must approve'),
  expiresIn: atMost('14d').prefault('2h').describe('Afterwards the release has expired'),
  separateDuties: z
    .boolean()
    .default(false)
    .describe('True keeps whoever asked for the release from approving it'),
});

const cutover = z.strictObject({
  steps: z
    .array(cutoverStep)
    .min(1)
    .max(20)
    .refine((steps) => steps.at(-1)?.weight === 100, 'must end at 100')
    .refine(
      (steps) => steps.every((step, i) => i === 0 || step.weight > (steps[i - 1]?.weight ?? 0)),
      'must rise from step to step',
    )
    .prefault([100])
    .describe('Weights that green gets one after the other, each watched before the next'),
  readyWithin: atMost('2d')
    .prefault('15m')
    .describe('How long green and the router may take to get ready for a shift'),
});

/** The schema of a manifest over the given kinds: the source of validation, types and JSON schema. */
export function createManifestSchema(kinds: ManifestKinds) {
  return z.strictObject({
    service: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'needs 2 to 40 of a-z 0-9 -, starting with a letter')
      .describe('The name of the service'),
    owner: z.string().min(1).optional().describe('Who is called when a release needs a person'),
    environment: kindUnion(kinds.environment).describe('How a green environment is made'),
    router: kindUnion(kinds.router).describe('What decides which environment gets the traffic'),
    artifact: artifactSourceSchema
      .optional()
      .describe('Where artifacts land that start a release by themselves'),
    webhooks: z
      .array(kindUnion(kinds.webhook))
      .max(20)
      .default([])
      .describe('Who else may tell of something, and what to make of it'),
    checks: z.array(kindUnion(kinds.check)).max(50).default([]).describe('Verdicts before traffic'),
    approval: approval.prefault({ required: false }).describe('Whether people have to agree'),
    cutover: cutover.prefault({}).describe('How traffic moves'),
    watch: watch.prefault({}).describe('What can undo a shift, and for how long'),
    signals: kindUnion(kinds.signals).optional().describe("Alarms; the platform's own if absent"),
    metrics: kindUnion(kinds.metrics).optional().describe("Metrics; the platform's own if absent"),
    onBreach: z
      .enum(['rollback', 'hold'])
      .default('rollback')
      .describe('Put traffic back, or freeze it and wait for a person'),
    retain: atMost('365d').prefault('24h').describe('How long the old environment is kept'),
    slo: sloSchema.optional().describe('What users are promised, and what releases may use of it'),
    notify: z.array(kindUnion(kinds.notifier)).max(20).default([]).describe('Who is told'),
  });
}

/** What happens when alarms or metrics cannot be read for too long. */
export type OnBlind = 'rollback' | 'hold' | 'continue';

/** A validated manifest. Durations are seconds. Adapter parts stay as they were written. */
export interface Manifest {
  service: string;
  owner?: string | undefined;
  environment: AdapterConfig;
  router: AdapterConfig;
  artifact?: ArtifactSource | undefined;
  webhooks: WebhookConfig[];
  checks: CheckConfig[];
  approval: { required: boolean; count: number; expiresIn: number; separateDuties: boolean };
  cutover: { steps: { weight: number; bake?: number | undefined }[]; readyWithin: number };
  watch: {
    window: number;
    interval: number;
    warmUp: number;
    alarms: { name: string; informational: boolean }[];
    alreadyFiring: 'refuse' | 'ignore';
    compare: Partial<Record<ComparableMetric, WrittenComparison>>;
    minRequests: number;
    /** Seconds. */
    blindFor?: number | undefined;
    onBlind: OnBlind;
    earlierDays: number;
  };
  signals?: AdapterConfig | undefined;
  metrics?: AdapterConfig | undefined;
  onBreach: 'rollback' | 'hold';
  retain: number;
  slo?: ParsedSlo | undefined;
  notify: AdapterConfig[];
}

/** A check of the manifest: what the conductor needs of it, and the adapter's own part as written. */
export interface CheckConfig {
  /** Unique within the manifest. */
  name: string;
  isCritical: boolean;
  timeoutSeconds: number;
  config: AdapterConfig;
}

/** The largest manifest that is accepted, as JSON, in bytes: it travels inside the release document. */
export const manifestLimitBytes = 16_384;

/**
 * Validates a manifest as it came from YAML or JSON.
 * @throws ManifestInvalidError with every issue: its path, the reason, and the nearest valid name.
 */
export function parseManifest(source: unknown, kinds: ManifestKinds): Manifest {
  const size = new TextEncoder().encode(JSON.stringify(source ?? null)).length;
  if (size > manifestLimitBytes) {
    throw invalidManifest([
      { path: '', reason: `is ${size} bytes as JSON; at most ${manifestLimitBytes} fit` },
    ]);
  }
  const schema = createManifestSchema(kinds);
  const result = schema.safeParse(source);
  if (!result.success) throw invalidManifest(describeIssues(result.error, source, schema));
  const written = source as WrittenManifest;
  const manifest: Manifest = {
    ...(result.data as unknown as Omit<Manifest, 'checks'>),
    environment: written.environment,
    router: written.router,
    checks: nameChecks(result.data.checks as unknown as ParsedCheck[], written.checks ?? []),
    signals: written.signals,
    metrics: written.metrics,
    notify: written.notify ?? [],
    webhooks: written.webhooks ?? [],
  };
  const issues = crossCheck(manifest, kinds);
  if (issues.length > 0) throw invalidManifest(issues);
  return manifest;
}

interface WrittenManifest extends JsonObject {
  environment: AdapterConfig & JsonObject;
  router: AdapterConfig & JsonObject;
  checks: (AdapterConfig & JsonObject)[];
  signals: AdapterConfig & JsonObject;
  metrics: AdapterConfig & JsonObject;
  notify: (AdapterConfig & JsonObject)[];
  webhooks: (WebhookConfig & JsonObject)[];
}

interface ParsedCheck {
  kind: string;
  name?: string;
  critical: boolean;
  timeout: number;
}

function nameChecks(parsed: ParsedCheck[], written: AdapterConfig[]): CheckConfig[] {
  return parsed.map((check, i) => {
    const isAlone = parsed.filter((other) => other.kind === check.kind).length === 1;
    return {
      name: check.name ?? (isAlone ? check.kind : `${check.kind}-${i + 1}`),
      isCritical: check.critical,
      timeoutSeconds: check.timeout,
      config: written[i] ?? { kind: check.kind },
    };
  });
}

/** An execution's history has 25,000 events on AWS, of which a look takes about 13. */
const mostLooks = 1000;
/** All windows together, in seconds: 14 days. */
const longestWatchSeconds = 1_209_600;

/** How long the release is watched in all, and how often looked at. */
function checkWatch({ cutover, watch }: Manifest): Issue[] {
  const windows = cutover.steps.map((step) => step.bake ?? watch.window);
  const total = windows.reduce((sum, window) => sum + window, 0);
  const looks = windows.reduce((sum, window) => sum + Math.ceil(window / watch.interval), 0);
  const issues: Issue[] = [];
  if (looks > mostLooks) {
    const reason = `gives ${looks} looks over all windows, at most ${mostLooks} fit; use a longer interval`;
    issues.push({ path: 'watch.interval', reason });
  }
  if (total > longestWatchSeconds) {
    const reason = `watches for ${formatDuration(total)} in all; at most 14d fit`;
    issues.push({ path: 'watch.window', reason });
  }
  const shortest = Math.min(...windows);
  if (watch.warmUp > 0 && watch.warmUp >= shortest / 2) {
    const reason = `is ${formatDuration(watch.warmUp)} of a window of ${formatDuration(shortest)}; use less than half of the shortest window`;
    issues.push({ path: 'watch.warmUp', reason });
  }
  return issues;
}

/** A part of the manifest that may name what the release works on. */
interface NamingPart {
  path: string;
  config: AdapterConfig;
  /** Why it has to name the same as the parts before it. */
  because: string;
}

function namingParts({ environment, router, checks, metrics }: Manifest): NamingPart[] {
  const because = {
    router: 'a router moves traffic between versions of one function',
    check: 'a check looks at the version that is released',
    metrics: 'metrics compare the versions that get the traffic',
  };
  return [
    { path: 'environment', config: environment, because: '' },
    { path: 'router', config: router, because: because.router },
    ...checks.map(({ config }, i) => ({ path: `checks[${i}]`, config, because: because.check })),
    ...(metrics ? [{ path: 'metrics', config: metrics, because: because.metrics }] : []),
  ];
}

/** All parts that have this key name the same as the first that does. */
function checkSame(key: 'functionName' | 'alias', parts: NamingPart[]): Issue[] {
  const naming = parts.filter(({ config }) => typeof config[key] === 'string');
  const [first, ...others] = naming;
  if (!first) return [];
  return others
    .filter(({ config }) => config[key] !== first.config[key])
    .map(({ path, config, because }) => ({
      path: `${path}.${key}`,
      reason: `is "${config[key]}", but ${first.path}.${key} is "${first.config[key]}"; ${because}`,
    }));
}

/** The routers of a manifest with their paths: a router may be composed of others. */
function routersOf(
  config: AdapterConfig,
  path = 'router',
): { path: string; config: AdapterConfig }[] {
  const parts = config.routers;
  if (!Array.isArray(parts)) return [{ path, config }];
  return parts.flatMap((part, i) => routersOf(part as AdapterConfig, `${path}.routers[${i}]`));
}

/** Every router can reach the kind of environment that is made. */
function checkFit({ environment, router }: Manifest, kinds: ManifestKinds): Issue[] {
  const fitting = (kind: string) =>
    kinds.router
      .filter(({ fits }) => !fits || fits.environments.includes(kind))
      .map((entry) => entry.kind);
  return routersOf(router).flatMap(({ path, config }) => {
    const fits = kinds.router.find(({ kind }) => kind === config.kind)?.fits;
    if (!fits || fits.environments.includes(environment.kind)) return [];
    const routers = fitting(environment.kind).join(', ') || 'none';
    const reason = `is "${config.kind}", which cannot reach environments of kind "${environment.kind}": ${fits.because}; it goes with ${fits.environments.join(', ')}, and "${environment.kind}" with ${routers}`;
    return [{ path: `${path}.kind`, reason }];
  });
}

/** A list of shares is of no use to a router that sends everybody to one side. */
function checkWeights({ router, cutover }: Manifest, kinds: ManifestKinds): Issue[] {
  if (cutover.steps.length < 2) return [];
  return routersOf(router).flatMap(({ path, config }) => {
    const found = kinds.router.find(({ kind }) => kind === config.kind);
    if (found?.hasWeights?.(config) ?? true) return [];
    const reason = `splits traffic, and ${path} ("${config.kind}", as it is configured) can only send all of it to one side; use [100]`;
    return [{ path: 'cutover.steps', reason }];
  });
}

/** What is not measured would never be judged. */
function checkFigures(manifest: Manifest, kinds: ManifestKinds): Issue[] {
  const { metrics } = manifest;
  const found = kinds.metrics.find(({ kind }) => kind === metrics?.kind);
  const missing = metrics && found?.lacks?.(metrics);
  return missing ? findUnmeasured(manifest, metrics.kind, missing) : [];
}

/** Alarms that nobody may tell of would never fire. */
function checkTellers({ signals, webhooks }: Manifest): Issue[] {
  const source = reportedAlarmsOf(signals)?.source;
  if (!source || webhooks.some(({ kind }) => kind === source)) return [];
  const reason = `has no entry of kind "${source}", so nobody may tell of the alarms in signals; add { kind: ${source}, secret: … }`;
  return [{ path: 'webhooks', reason }];
}

/** What no single part can see. */
function crossCheck(manifest: Manifest, kinds: ManifestKinds): Issue[] {
  const parts = namingParts(manifest);
  const issues = [
    ...checkFit(manifest, kinds),
    ...checkWeights(manifest, kinds),
    ...checkWatch(manifest),
    ...checkTellers(manifest),
    ...checkFigures(manifest, kinds),
    ...checkSame('functionName', parts),
    ...checkSame('alias', parts),
  ];
  const names = manifest.checks.map((check) => check.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice)
    issues.push({
      path: 'checks',
      reason: `has two checks named "${twice}"; give each its own name`,
    });
  const defined = definedAlarms(manifest.signals);
  if (!defined) return issues;
  for (const [i, { name: alarm }] of manifest.watch.alarms.entries()) {
    if (defined.includes(alarm)) continue;
    const nearest = nearestName(alarm, defined);
    issues.push({
      path: `watch.alarms[${i}]`,
      reason: `"${alarm}" is not defined in signals.alarms${nearest ? `; did you mean "${nearest}"?` : ''}`,
    });
  }
  return issues;
}

/** The alarm names that the signals part itself defines, or undefined when they live elsewhere. */
function definedAlarms(signals: AdapterConfig | undefined): string[] | undefined {
  const alarms = signals?.alarms;
  return alarms && typeof alarms === 'object' ? Object.keys(alarms) : undefined;
}

function invalidManifest(issues: Issue[]): VerdigrisError {
  const lines = issues.map(({ path, reason }) => `${path || 'manifest'}: ${reason}`);
  return new VerdigrisError('ManifestInvalidError', lines.join('\n'), { details: { issues } });
}
