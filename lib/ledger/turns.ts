/**
 * Whether what is to be stored belongs to an earlier task than what is stored: the call that brings it was
 * late, and nobody waits for its token any more. Nobody knows the order of a task without a turn.
 */
export function isEarlier(turn: string | null, stored: string | null | undefined): boolean {
  return turn !== null && typeof stored === 'string' && turn < stored;
}
