import type { Clock, Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { consoleKind } from './console.ts';
import { emailKind, type MailApi } from './email.ts';
import { type EventBridgeNotifierDeps, eventBridgeKind } from './eventbridge.ts';
import type { ApprovalLinks, Notifier, NotifierMemory } from './notifier.ts';
import { pagerDutyKind } from './pagerduty.ts';
import { slackKind } from './slack.ts';
import { type SnsNotifierDeps, snsKind } from './sns.ts';
import { teamsKind } from './teams.ts';
import { webhookKind } from './webhook.ts';

/** What a platform gives its notifiers. */
export interface NotifierDeps {
  log: Logger;
  /** Takes one line for the terminal; only the local platform has one. */
  write?: (line: string) => void;
  /** Whether that terminal shows colours. */
  hasColour?: boolean;
  /** Clients of SNS and EventBridge; only AWS has them. */
  sns?: SnsNotifierDeps['client'];
  eventBridge?: EventBridgeNotifierDeps['client'];
  /** SES's client; only AWS has one. */
  ses?: MailApi;
  /** ARN of the platform's own topic of release events; topics that are only named lie beside it. */
  eventsTopicArn?: string;
  /** Name or ARN of the platform's own bus; `default` if absent. */
  eventBus?: string;
  /** What those need that speak HTTP to somebody else. */
  clock?: Clock;
  timers?: Timers;
  fetch?: typeof fetch;
  secrets?: Secrets;
  memory?: NotifierMemory;
  approvalLinks?: ApprovalLinks;
  /** Where the console is, without a slash at the end; absent where the conductor does not know. */
  consoleUrl?: string;
}

/** A kind of notifier: its name, its part of the manifest, and how one is made. */
export interface NotifierKind extends KindSchema {
  /**
   * One whose code is loaded first comes as a promise.
   * @throws KindUnavailableError when the platform lacks what this kind needs.
   */
  create(config: AdapterConfig, deps: NotifierDeps): Notifier | Promise<Notifier>;
}

/** Every kind of notifier. Another one is another line. */
export const notifierKinds: readonly NotifierKind[] = [
  consoleKind,
  eventBridgeKind,
  snsKind,
  slackKind,
  pagerDutyKind,
  teamsKind,
  webhookKind,
  emailKind,
];

/**
 * A notifier, from its part of the manifest.
 * @throws KindUnavailableError naming the kind and the platform that has it.
 */
export async function createNotifier(config: AdapterConfig, deps: NotifierDeps): Promise<Notifier> {
  return findKind('notifier', config, notifierKinds).create(config, deps);
}
