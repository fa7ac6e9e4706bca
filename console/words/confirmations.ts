import type { EnvironmentRef, ReleaseStatus } from '../types.ts';

/** What a confirmation says before anything is done. */
export interface Confirmation {
  title: string;
  /** What will happen, sentence by sentence. */
  sentences: string[];
  /** On the button that does it. */
  label: string;
  /** It takes something away from visitors or colleagues. */
  isGrave: boolean;
}

/** What a rollback does depends on where the release stands. */
export function rollbackWords(status: ReleaseStatus): Confirmation {
  const base = {
    title: `Roll back ${status.service} ${status.version}?`,
    label: 'Roll back',
    isGrave: true,
  };
  const { blue, green, version } = status;
  if (!blue) return { ...base, sentences: firstReleaseSentences(version) };
  if (!hasTraffic(status, green) && status.outcome === null) {
    return {
      ...base,
      sentences: [
        `${version} has no traffic yet: all of it stays on ${blue.version}, and no visitor notices anything.`,
        `The environment of ${version} is removed, and the release ends as discarded.`,
      ],
    };
  }
  return { ...base, sentences: undoSentences(status, blue) };
}

function undoSentences({ version, outcome }: ReleaseStatus, blue: EnvironmentRef): string[] {
  return [
    `All traffic goes back to ${blue.version}, within about a second (behind DNS or a CDN it takes as long as they take).`,
    'Requests that are being answered are answered to their end.',
    outcome === 'completed'
      ? `${version} is removed afterwards. Whoever wants it live again releases it again.`
      : `The release ends as rolled back, and ${version} is removed afterwards.`,
  ];
}

function firstReleaseSentences(version: string): string[] {
  return [
    'This is the first release of the service: there is no earlier version to go back to.',
    `If ${version} has no traffic yet, it is removed. If it has, traffic stays on it, and the release is held until somebody decides.`,
  ];
}

/** A service rolls back what runs, or what completed last. */
export function serviceRollbackWords(service: string, running: string | null): Confirmation {
  const what = running
    ? `The release that runs now (${running}) is undone.`
    : 'The release that completed last is undone, as long as its old environment is there.';
  return {
    title: `Roll back ${service}?`,
    sentences: [
      what,
      'All traffic goes back to the version before it, within about a second (behind DNS or a CDN it takes as long as they take).',
    ],
    label: 'Roll back',
    isGrave: true,
  };
}

/** What a hold freezes. */
export function holdWords({ service, version }: ReleaseStatus): Confirmation {
  return {
    title: `Hold ${service} ${version}?`,
    sentences: [
      'Traffic stays exactly where it is now, and no alarm and no comparison moves it any more.',
      'The release waits until somebody continues it or rolls it back. No other release of the service starts meanwhile.',
    ],
    label: 'Hold',
    isGrave: false,
  };
}

/** How a hold ends. */
export function resumeWords(
  status: ReleaseStatus,
  decision: 'continue' | 'rollback',
): Confirmation {
  if (decision === 'rollback') {
    return { ...rollbackWords(status), title: 'End the hold by rolling back?' };
  }
  return {
    title: `Let ${status.service} ${status.version} go on?`,
    sentences: [
      'The release goes on where it was held: with the next shift of traffic, or with its end.',
      'Alarms that fire now are taken as seen and do not stop it again. Alarms that fire anew do.',
    ],
    label: 'Continue the release',
    isGrave: false,
  };
}

/** What an approval sets in motion. */
export function approveWords(
  status: Pick<ReleaseStatus, 'service' | 'version' | 'blue'>,
  missing: number,
): Confirmation {
  const over = status.blue ? ` from ${status.blue.version}` : '';
  return {
    title: `Approve ${status.service} ${status.version}?`,
    sentences:
      missing > 1
        ? [
            `Your approval is recorded. ${missing - 1} more ${missing === 2 ? 'is' : 'are'} needed before traffic moves.`,
          ]
        : [`Traffic starts to move${over} to ${status.version} at once, and is watched.`],
    label: 'Approve',
    isGrave: false,
  };
}

/** What a rejection ends. */
export function rejectWords(
  status: Pick<ReleaseStatus, 'service' | 'version' | 'blue'>,
): Confirmation {
  const stays = status.blue ? ` Traffic stays on ${status.blue.version}.` : '';
  return {
    title: `Reject ${status.service} ${status.version}?`,
    sentences: [`One rejection ends the release: ${status.version} is removed.${stays}`],
    label: 'Reject',
    isGrave: true,
  };
}

/** What a freeze stops, and what it does not. */
export function freezeWords(scope: string): Confirmation {
  const what = scope === '*' ? 'any service' : scope;
  return {
    title: scope === '*' ? 'Freeze every service?' : `Freeze ${scope}?`,
    sentences: [
      `No release of ${what} may start until the freeze is lifted.`,
      'A release that runs goes on, and rollbacks stay possible.',
    ],
    label: 'Freeze',
    isGrave: false,
  };
}

/** What lifting a freeze allows. */
export function unfreezeWords(scope: string): Confirmation {
  const what = scope === '*' ? 'every service that is not frozen by itself' : scope;
  return {
    title: scope === '*' ? 'Lift the freeze of everything?' : `Lift the freeze of ${scope}?`,
    sentences: [`Releases of ${what} may start again. None starts by itself.`],
    label: 'Lift the freeze',
    isGrave: false,
  };
}

/** What applying a manifest changes, and when. */
export function applyWords(service: string, revision: number): Confirmation {
  return {
    title: `Apply this manifest to ${service}?`,
    sentences: [
      `It becomes revision ${revision + 1} and counts from the next release on.`,
      'A release that runs keeps the manifest with which it began.',
    ],
    label: 'Apply',
    isGrave: false,
  };
}

/** What a release begins with. */
export function releaseWords(service: string, liveVersion: string | null): Confirmation {
  return {
    title: `Release ${service}`,
    sentences: [
      liveVersion
        ? `The new version is started beside ${liveVersion} and checked. Traffic moves only when every critical check has passed and every approval is in.`
        : 'The new version is started and checked. Traffic moves only when every critical check has passed and every approval is in.',
    ],
    label: 'Start the release',
    isGrave: false,
  };
}

function hasTraffic({ traffic }: ReleaseStatus, side: EnvironmentRef | null): boolean {
  return side !== null && (traffic[side.id] ?? 0) > 0;
}
