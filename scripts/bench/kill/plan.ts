/** The versions of the storefront that are released: good, failing under traffic, failing its checks. */
export type Version = 'v2' | 'v3' | 'v5';

/**
 * What the moment of a kill is counted from. `anywhere`: the request, over the whole length of the
 * release. The others put more kills where little time is spent: `request`: admission and the start
 * of green; `approval`: the cutover; `window-end`: completing; `undo`: an operator's rollback;
 * `ended`: what is tidied up afterwards; `idle`: no release at all.
 */
export type Aim = 'anywhere' | 'request' | 'approval' | 'window-end' | 'undo' | 'ended' | 'idle';

/** One kill and the release that it falls into. Times are milliseconds. */
export interface KillPlan {
  seed: number;
  version: Version;
  isCanary: boolean;
  needsApproval: boolean;
  /** How long the approval is waited for. */
  approvalMs: number;
  aim: Aim;
  /** After what is aimed at; before it when negative. */
  delayMs: number;
  /** When the conductor is killed again, from its next start on; null for not at all. */
  secondKillMs: number | null;
}

/** Lengths of what a manifest of these releases asks for. Milliseconds. */
export const windows = { good: 1000, bad: 4000, bake: 800 } as const;

/** How long provisioning and checks take, generously. */
const preparationMs = 700;
/** An alarm looks at whole seconds, so a bad version is noticed within two and a bit. */
const noticedMs = 2400;

/** `[from, to]` of the delay for an aim; `anywhere` is as long as the release. */
const delays: Record<Exclude<Aim, 'anywhere'>, readonly [number, number]> = {
  request: [0, 120],
  approval: [0, 80],
  'window-end': [-10, 60],
  undo: [0, 60],
  ended: [0, 80],
  idle: [0, 400],
};

/** Draws one kill. The same seed always draws the same. */
export function drawPlan(seed: number): KillPlan {
  const random = createRandom(seed);
  const isAnywhere = random() < 0.5;
  const aim = isAnywhere ? 'anywhere' : pick(random, aimedAt);
  const version = isAnywhere || aim === 'ended' ? pick(random, versions) : 'v2';
  const isCanary = random() < 0.4;
  const needsApproval = aim === 'approval' || random() < 0.3;
  const approvalMs = Math.round(random() * 400);
  const shape = { version, isCanary, needsApproval, approvalMs };
  const [from, to] = aim === 'anywhere' ? [0, lengthOf(shape)] : delays[aim];
  const delayMs = Math.round(from + random() * (to - from));
  const secondKillMs = random() < 0.2 ? Math.round(random() * 1200) : null;
  return { seed, ...shape, aim, delayMs, secondKillMs };
}

const versions = ['v2', 'v2', 'v3', 'v5'] as const;
const aimedAt = ['request', 'approval', 'window-end', 'undo', 'ended', 'idle'] as const;

function pick<T>(random: () => number, from: readonly [T, ...T[]]): T {
  return from[Math.floor(random() * from.length)] ?? from[0];
}

/** About how long such a release runs. */
function lengthOf(shape: Pick<KillPlan, 'version' | 'isCanary' | 'needsApproval' | 'approvalMs'>) {
  if (shape.version === 'v5') return preparationMs;
  const approvalMs = shape.needsApproval ? shape.approvalMs : 0;
  const bakeMs = shape.isCanary ? windows.bake : 0;
  const watchMs = shape.version === 'v3' ? noticedMs : windows.good;
  return preparationMs + approvalMs + bakeMs + watchMs;
}

/** Numbers from 0 to 1, excluded, that follow from the seed (mulberry32, public domain). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
