import type { Plan } from '../../release/plan.ts';

/** For how long both sides run at most, in seconds. */
export interface BothSides {
  /** Until everybody has approved, at the latest. */
  approvalSeconds: number;
  /** All windows together. */
  windowsSeconds: number;
  /** After the release; nothing is kept where there was no blue. */
  retentionSeconds: number;
}

/** How long a release of this plan keeps both sides, if it uses all the time that it has. */
export function bothSidesOf({ approval, steps, retainSeconds }: Plan, hasBlue: boolean): BothSides {
  return {
    approvalSeconds: approval.isRequired ? approval.expiresInSeconds : 0,
    windowsSeconds: steps.reduce((sum, { windowSeconds }) => sum + windowSeconds, 0),
    retentionSeconds: hasBlue ? retainSeconds : 0,
  };
}

/** All of it, in hours. */
export function hoursOf({ approvalSeconds, windowsSeconds, retentionSeconds }: BothSides): number {
  return (approvalSeconds + windowsSeconds + retentionSeconds) / 3600;
}
