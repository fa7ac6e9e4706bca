import { messageOf } from '../../release/errors.ts';
import type { PublicEventType } from '../../release/events.ts';
import type { Logger } from '../../release/logger.ts';
import type { Notifier, NotifierMemory } from '../notifier.ts';
import { once } from '../once.ts';
import { type OutboundDeps, type Posted, patienceMs, postJson } from '../post-json.ts';
import type { TeamsConfig } from '../teams.ts';
import type { Telling } from '../telling.ts';
import { eventsForPeople, isWanted } from '../wanted-events.ts';
import { cardMessage } from './card.ts';

/** What the notifier works with. */
export interface TeamsNotifierDeps extends OutboundDeps {
  memory?: NotifierMemory | undefined;
  consoleUrl?: string | undefined;
  log: Logger;
}

const usual: readonly PublicEventType[] = ['Release Admitted', ...eventsForPeople];

/**
 * Posts a card for every event that is wanted to a workflow. A workflow's webhook can neither change a
 * message nor answer below one, so that a release is a few cards of one headline. See
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export function createTeamsNotifier(config: TeamsConfig, deps: TeamsNotifierDeps): Notifier {
  const { urlSecret, events = usual } = config;
  const { consoleUrl, log } = deps;
  return {
    async send(event, release) {
      if (!isWanted(event, events)) return;
      const warn = (reason: string) =>
        log.warn('Teams did not take an event', { event: event.id, secret: urlSecret, reason });
      await once(`teams:${urlSecret}:${event.id}`, deps, async () => {
        const problem = await post(urlSecret, { event, release, consoleUrl }, deps);
        if (problem !== null) warn(problem);
        return problem === null;
      });
    },
  };
}

/** Why it did not arrive, or null. The URL is a secret: it is in no message. */
async function post(
  urlSecret: string,
  told: Telling,
  deps: TeamsNotifierDeps,
): Promise<string | null> {
  try {
    const [url] = await deps.secrets.read(urlSecret);
    if (!/^https:\/\/[^/\s@]+\//i.test(url)) return 'the secret is no https URL of a workflow';
    const deadlineMs = deps.clock.now() + patienceMs;
    // A broken answer may be one to a card that is there, and nobody could take a second one back.
    const request = { url, body: cardMessage(told), deadlineMs, isRepeatable: false };
    return problemOf(await postJson(request, deps), url);
  } catch (error) {
    return messageOf(error);
  }
}

function problemOf(answer: Posted, url: string): string | null {
  if ('problem' in answer) return answer.problem.replaceAll(url, 'the workflow');
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  const isGone = status === 401 || status === 403 || status === 404;
  return `HTTP ${status}${isGone ? ': the workflow is gone, off, or has another URL now' : ''}`;
}
