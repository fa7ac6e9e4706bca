import type { Clock } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly, findKind, localOnly } from '../release/kind.ts';
import type { KindSchema } from '../release/manifest.ts';
import {
  type CloudWatchAlarmsDeps,
  cloudWatchAlarmsKind,
  createCloudWatchAlarms,
} from './cloudwatch-alarms.ts';
import { cloudWatchMetricsKind, createCloudWatchMetrics } from './cloudwatch-metrics.ts';
import type { LocalAlarms } from './local-alarms/alarms.ts';
import { createLocalAlarmSignal, localAlarmsKind } from './local-alarms.ts';
import type { LocalMetrics } from './local-metrics/metrics.ts';
import { createLocalMetricSource, localMetricsKind } from './local-metrics.ts';
import { createPrometheusMetrics, type PrometheusDeps, prometheusKind } from './prometheus.ts';
import {
  createReportedAlarms,
  type ReportedAlarmsDeps,
  reportedAlarmsKind,
} from './reported-alarms.ts';
import type { MetricSource, Signal } from './signal.ts';

/** What signals and metric sources are made of. What only one platform has is absent on the others. */
export interface SignalDeps {
  /** The alarms of this machine; the local platform has them. */
  localAlarms?: LocalAlarms;
  /** The metrics of this machine; the local platform has them. */
  localMetrics?: LocalMetrics;
  /** What time it is, for sources whose newest figures are not final. */
  clock?: Clock;
  /** CloudWatch's client; only AWS has one. */
  cloudWatch?: CloudWatchAlarmsDeps['client'];
  /** The SNS topic over which CloudWatch alarms reach the conductor, where the platform knows it. */
  alarmsTopicArn?: string | undefined;
  /** How to ask a Prometheus server; every platform has it. */
  prometheus?: PrometheusDeps;
  /** What others told of their alarms; every platform has it. */
  reportedAlarms?: ReportedAlarmsDeps;
}

/** A kind of signal: its part of the manifest, and how to make one. */
export interface SignalKind extends KindSchema {
  /** @throws KindUnavailableError when this platform lacks what it needs. */
  create(config: AdapterConfig, service: string, deps: SignalDeps): Signal;
}

/** A kind of metric source: its part of the manifest, and how to make one. */
export interface MetricKind extends KindSchema {
  /** @throws KindUnavailableError when this platform lacks what it needs. */
  create(config: AdapterConfig, service: string, deps: SignalDeps): MetricSource;
}

/** Every kind of signal. */
export const signalKinds: readonly SignalKind[] = [
  {
    ...localAlarmsKind,
    create(config, service, { localAlarms }) {
      if (!localAlarms) throw localOnly('signals', config.kind, service);
      return createLocalAlarmSignal(config, service, localAlarms);
    },
  },
  {
    ...cloudWatchAlarmsKind,
    create(config, service, { cloudWatch, alarmsTopicArn }) {
      if (!cloudWatch) throw awsOnly('signals', config.kind, service);
      return createCloudWatchAlarms(config, { client: cloudWatch, topicArn: alarmsTopicArn });
    },
  },
  {
    ...reportedAlarmsKind,
    create(config, service, { reportedAlarms }) {
      if (reportedAlarms) return createReportedAlarms(config, service, reportedAlarms);
      const message = 'signals kind "reported-alarms" needs a ledger';
      throw new VerdigrisError('KindUnavailableError', message);
    },
  },
];

/** Every kind of metric source. */
export const metricKinds: readonly MetricKind[] = [
  {
    ...localMetricsKind,
    create(config, service, { localMetrics }) {
      if (!localMetrics) throw localOnly('metrics', config.kind, service);
      return createLocalMetricSource(config, service, localMetrics);
    },
  },
  {
    ...cloudWatchMetricsKind,
    create(config, service, { cloudWatch, clock }) {
      if (!cloudWatch || !clock) throw awsOnly('metrics', config.kind, service);
      return createCloudWatchMetrics(config, { client: cloudWatch, clock });
    },
  },
  {
    ...prometheusKind,
    create(config, service, { prometheus }) {
      if (prometheus) return createPrometheusMetrics(config, service, prometheus);
      const message = 'metrics kind "prometheus" needs a way out';
      throw new VerdigrisError('KindUnavailableError', message);
    },
  },
];

/**
 * The signal of a service, from its part of the manifest.
 * @throws KindUnavailableError when there is no such kind, or not on this platform.
 */
export function createSignal(config: AdapterConfig, service: string, deps: SignalDeps): Signal {
  return findKind('signals', config, signalKinds).create(config, service, deps);
}

/**
 * The metric source of a service, from its part of the manifest.
 * @throws KindUnavailableError when there is no such kind, or not on this platform.
 */
export function createMetricSource(
  config: AdapterConfig,
  service: string,
  deps: SignalDeps,
): MetricSource {
  return findKind('metrics', config, metricKinds).create(config, service, deps);
}
