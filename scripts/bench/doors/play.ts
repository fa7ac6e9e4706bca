import autocannon from 'autocannon';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import { residentMegabytes } from '../memory.ts';
import { type Answers, judgeDeliveries, signDelivery, type Verdict } from './deliveries.ts';
import {
  closeStage,
  countReleases,
  openStage,
  type Stage,
  secret,
  service,
  until,
} from './stage.ts';

const connections = 16;
const rounds = 2;
/** So many senders tell of the last artifact at once. */
const senders = 20;

/** What one kind of request came to. */
export interface Rate {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Without an answer. */
  failed: number;
}

/** What a run came to. */
export interface DoorFigures {
  reads: Rate & { refused: number };
  webhooks: Rate;
  deliveries: Verdict;
  /** How many releases the last artifact began, of which every sender told at once. */
  releasesOfLast: number;
  /** Of the conductor: before, and after each round. Null without Linux's /proc. */
  residentMegabytes: (number | null)[];
  visits: { requests: number; unanswered: number };
}

/** Asks and tells so many times while a release runs and its users come and go. */
export async function playDoors(amount: { reads: number; webhooks: number }): Promise<DoorFigures> {
  const stage = await openStage();
  let visits = { requests: 0, unanswered: 0 };
  let figures: Omit<DoorFigures, 'visits'>;
  try {
    figures = await playOn(stage, amount);
  } finally {
    visits = await closeStage(stage);
  }
  return { ...figures, visits: { requests: visits.requests, unanswered: visits.unanswered } };
}

async function playOn(stage: Stage, amount: { reads: number; webhooks: number }) {
  const answers: Answers = new Map();
  const memory = [residentMegabytes(stage.conductor.pid)];
  const told: autocannon.Result[] = [];
  const asked: autocannon.Result[] = [];
  for (let round = 0; round < rounds; round += 1) {
    asked.push(await ask(stage, Math.ceil(amount.reads / rounds)));
    told.push(await tell(stage, Math.ceil(amount.webhooks / rounds), answers));
    memory.push(residentMegabytes(stage.conductor.pid));
  }
  await tellAtOnce(stage, answers);
  const records = countReleases(stage.place);
  return {
    reads: { ...rateOf(asked), refused: sum(asked, ({ non2xx }) => non2xx) },
    webhooks: rateOf(told),
    deliveries: judgeDeliveries(answers, records),
    releasesOfLast: records.get(lastDelivery) ?? 0,
    residentMegabytes: memory,
  };
}

function ask({ url, token, releaseId }: Stage, amount: number): Promise<autocannon.Result> {
  const headers = { authorization: `Bearer ${token}` };
  return autocannon({ url: `${url}/api/releases/${releaseId}`, headers, connections, amount });
}

/** A delivery, from its first request to its second. */
interface Told {
  id: string;
  at: number;
}

/** Each delivery comes twice, signed anew, as senders do who have heard nothing. */
function tell({ url, place }: Stage, amount: number, answers: Answers): Promise<autocannon.Result> {
  const request = (isRepeated: boolean): autocannon.Request => ({
    method: 'POST',
    path: `/webhooks/artifact/${service}`,
    setupRequest(sent, context) {
      const told = context as Told;
      if (!isRepeated) {
        Object.assign(told, { id: `load-${answers.size}`, at: Date.now() });
        answers.set(told.id, []);
      }
      // A minute earlier than the first: the same second would be the same signature.
      const at = told.at - (isRepeated ? 60_000 : 0);
      const signed = signDelivery(told.id, { service, uri: place.artifact('v2'), secret, at });
      return { ...sent, body: signed.body, headers: { ...sent.headers, ...signed.headers } };
    },
    onResponse(status, body, context) {
      answers.get((context as Told).id)?.push({ status, body });
    },
  });
  return autocannon({ url, connections, amount, requests: [request(false), request(true)] });
}

const lastDelivery = 'last';

/** The service is free: of many that tell of one artifact at once, one begins its release. */
async function tellAtOnce({ api, url, place, releaseId }: Stage, answers: Answers): Promise<void> {
  await api.rollback(releaseId, {});
  await untilEnded(api, releaseId);
  const now = Date.now();
  const told = Array.from({ length: senders }, async (_, i) => {
    const at = now - i * 1000;
    const signed = signDelivery(lastDelivery, { service, uri: place.artifact('v2'), secret, at });
    const answer = await fetch(`${url}/webhooks/artifact/${service}`, {
      method: 'POST',
      ...signed,
    });
    return { status: answer.status, body: await answer.text() };
  });
  answers.set(lastDelivery, await Promise.all(told));
}

function untilEnded(api: Stage['api'], releaseId: string): Promise<void> {
  return until(api, releaseId, ({ outcome }: ReleaseStatus) => outcome !== null);
}

function rateOf(results: readonly autocannon.Result[]): Rate {
  const requests = sum(results, (it) => it.requests.total);
  const seconds = sum(results, (it) => it.duration);
  return {
    requests,
    perSecond: Math.round(requests / seconds),
    p50Ms: Math.max(...results.map(({ latency }) => latency.p50)),
    p99Ms: Math.max(...results.map(({ latency }) => latency.p99)),
    failed: sum(results, ({ errors, timeouts }) => errors + timeouts),
  };
}

function sum<T>(values: readonly T[], read: (value: T) => number): number {
  return values.reduce((total, value) => total + read(value), 0);
}
