import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import { consoleKind } from './console.ts';
import type { Notifier } from './notifier.ts';

/** What a platform gives its notifiers. */
export interface NotifierDeps {
  log: Logger;
  /** Takes one line for the terminal; only the local platform has one. */
  write?: (line: string) => void;
  /** Whether that terminal shows colours. */
  hasColour?: boolean;
}

/** A kind of notifier: its name, its part of the manifest, and how one is made. */
export interface NotifierKind extends KindSchema {
  /** @throws KindUnavailableError when the platform lacks what this kind needs. */
  create(config: AdapterConfig, deps: NotifierDeps): Notifier;
}

/** Every kind of notifier. Another one is another line. */
export const notifierKinds: readonly NotifierKind[] = [consoleKind];

/**
 * A notifier, from its part of the manifest.
 * @throws KindUnavailableError naming the kind and the platform that has it.
 */
export function createNotifier(config: AdapterConfig, deps: NotifierDeps): Notifier {
  return findKind('notifier', config, notifierKinds).create(config, deps);
}
