import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { renderTable } from '../table.ts';

/** Stops new releases of a service, or of all with `*`. */
export async function freeze(
  session: Session,
  scope: string,
  { reason }: { reason: string },
): Promise<number> {
  const answer = await session.api.freeze(scope, reason);
  session.show(answer, [`⏸ ${answer.scope} is frozen: no release starts (${answer.reason})`]);
  return exitCodes.done;
}

/** Lets releases start again. Lifting what is not there is no error. */
export async function unfreeze(session: Session, scope: string): Promise<number> {
  const answer = await session.api.unfreeze(scope);
  const line = answer.lifted
    ? `✔ ${answer.scope} is free again`
    : `• ${answer.scope} was not frozen`;
  session.show(answer, [line]);
  return exitCodes.done;
}

/** Shows what is frozen, by whom and why. */
export async function listFreezes(session: Session): Promise<number> {
  const answer = await session.api.freezes();
  const rows = answer.freezes.map(({ scope, at, by, reason }) => [scope, at, by, reason]);
  const lines =
    rows.length > 0
      ? renderTable([['SCOPE', 'SINCE', 'BY', 'REASON'], ...rows])
      : ['nothing is frozen'];
  session.show(answer, lines);
  return exitCodes.done;
}
