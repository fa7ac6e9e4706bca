import { heardAlarms } from '../release/plan.ts';
import { alarmBreach, countingAlarmsIfAsked, errorNameOf, recordBreach } from './breach.ts';
import { noteInformational } from './informational.ts';
import type { TokenStep } from './step.ts';

/**
 * Leaves its token where a breach finds it and only then looks whether there already is one, so that
 * no breach falls between two tokens. Nothing polls from here on: whoever learns of a breach fails
 * the token, and an interval without one is the token's time-out.
 */
export const watchWindow: TokenStep = async (document, { token, turn }, ports) => {
  const watch = await ports.ledger.getWatch(document.releaseId);
  await ports.ledger.putWatch({
    releaseId: document.releaseId,
    service: document.service,
    alarms: document.plan ? heardAlarms(document.plan.watch) : [],
    expiresAt: watch?.expiresAt ?? document.watch?.endsAt ?? document.phaseSince,
    ...{ token, turn },
  });
  const breach = await ports.ledger.getBreach(document.releaseId);
  if (breach) {
    await ports.engine.fail(token, {
      name: errorNameOf(breach, document.plan),
      cause: breach.reason,
    });
    return;
  }
  const [alarm] = await countingAlarmsIfAsked(document, ports);
  if (alarm) await recordBreach(document, ports, alarmBreach(alarm, ports));
  else await noteInformational(document, ports);
};
