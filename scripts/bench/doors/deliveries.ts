import { createHmac } from 'node:crypto';

/** What a sender of webhooks was told. */
export interface Answered {
  status: number;
  body: string;
}

/** Every delivery of a run by its id, with the answers that it got. */
export type Answers = Map<string, Answered[]>;

/** A delivery, signed as docs/webhooks.md says. */
export interface SignedDelivery {
  body: string;
  headers: Record<string, string>;
}

/** Tells of an artifact whose version is the delivery's id. A signature counts once: `at` makes it another. */
export function signDelivery(
  delivery: string,
  { service, uri, secret, at }: { service: string; uri: string; secret: string; at: number },
): SignedDelivery {
  const body = JSON.stringify({ service, artifact: { uri, version: delivery } });
  const timestamp = String(Math.trunc(at / 1000));
  const signature = createHmac('sha256', secret)
    .update(`${timestamp}.${delivery}.${body}`)
    .digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-verdigris-timestamp': timestamp,
    'x-verdigris-delivery': delivery,
    'x-verdigris-signature': `v1=${signature}`,
  };
  return { body, headers };
}

/** What is wrong with a run: how many releases each delivery began, and what its sender was told. */
export interface Verdict {
  deliveries: number;
  answers: number;
  /** Deliveries that were answered and left no release on record. */
  lost: string[];
  /** Deliveries that began more than one. */
  twice: string[];
  /** Deliveries whose sender was told different things. */
  contradicted: string[];
  /** Answers that are neither a release nor one that was refused because another runs. */
  unexpected: string[];
}

/** Holds the answers against the releases on record, counted by version. */
export function judgeDeliveries(answers: Answers, records: ReadonlyMap<string, number>): Verdict {
  const ids = [...answers.keys()];
  const all = [...answers.values()].flat();
  return {
    deliveries: ids.length,
    answers: all.length,
    lost: ids.filter((id) => (records.get(id) ?? 0) === 0),
    twice: ids.filter((id) => (records.get(id) ?? 0) > 1),
    contradicted: ids.filter((id) => new Set(answers.get(id)?.map(({ body }) => body)).size > 1),
    unexpected: all
      .filter(({ status, body }) => status !== 202 && !isBusy(status, body))
      .map(({ status, body }) => `${status} ${body}`),
  };
}

function isBusy(status: number, body: string): boolean {
  return status === 409 && body.includes('ReleaseInProgressError');
}
