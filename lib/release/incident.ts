/** Something that somebody did about an incident of a release, elsewhere. */
export interface IncidentNote {
  /** Tells one from another; the same again changes nothing. */
  key: string;
  type: 'Page Acknowledged' | 'Page Noted';
  /** `pagerduty:<user id>`. */
  by: string;
  /** ISO 8601. */
  at: string;
  /** One sentence. */
  summary: string;
  /** Of the incident; null where it is unknown. */
  url: string | null;
}

const prefix = 'verdigris:';

/** The key under which a pager deduplicates what it is told of a release; at most 255 characters. */
export function incidentKeyOf(releaseId: string): string {
  return `${prefix}${releaseId}`;
}

/** What an incident's title ends with. */
export function releaseMark(releaseId: string): string {
  return `[${releaseId}]`;
}

const markPattern = /\[([A-Za-z0-9][A-Za-z0-9_-]{0,79})\]$/;

/** The release that an incident is about, by its key or else by its title; null when it is none of ours. */
export function releaseOfIncident({
  key,
  title,
}: {
  key: string | null;
  title: string | null;
}): string | null {
  if (key?.startsWith(prefix)) return key.slice(prefix.length);
  return markPattern.exec((title ?? '').trim())?.[1] ?? null;
}
