import type { PatchOperation, Stage } from '@aws-sdk/client-api-gateway';

/** Percent of a stage's traffic by deployment. Adds up to 100. */
export type Shares = Record<string, number>;

/** The shares of a stage: the base deployment has what the canary leaves. Null is no stage. */
export function sharesOf(stage: Stage | null): Shares {
  if (!stage?.deploymentId) return {};
  const base = stage.deploymentId;
  const { deploymentId: canary = base, percentTraffic = 0 } = stage.canarySettings ?? {};
  const percent = toPercent(percentTraffic);
  if (canary === base || percent === 0) return { [base]: 100 };
  if (percent === 100) return { [canary]: 100 };
  return { [base]: 100 - percent, [canary]: percent };
}

/** A share that is no whole number, set by somebody else: neither side has nothing by rounding. */
function toPercent(share: number): number {
  return Number.isInteger(share) ? share : Math.min(99, Math.max(1, Math.round(share)));
}

/** True when both send the same share to the same deployments. */
export function hasSameShares(a: Shares, b: Shares): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => (a[id] ?? 0) === (b[id] ?? 0));
}

/**
 * The operations that give a stage these shares, "in the order specified in this list"
 * (stage:update). With a share of 100 no canary is left; else what was the base stays the base. Each
 * beginning of the list is a route between the two, should one ever take effect by itself. `copy`, by
 * which AWS's console promotes, is not used: it takes whatever the canary is by then.
 */
export function patchTo(stage: Stage, shares: Shares): PatchOperation[] {
  const [only, ...others] = positive(shares);
  if (only && others.length === 0) return patchToOne(stage, only);
  const base =
    stage.deploymentId && shares[stage.deploymentId] ? stage.deploymentId : heaviest(shares);
  const canary = positive(shares).find((id) => id !== base) ?? base;
  return [
    ...(base === stage.deploymentId ? [] : [replace('/deploymentId', base)]),
    ...(stage.canarySettings?.deploymentId === canary
      ? []
      : [replace('/canarySettings/deploymentId', canary)]),
    replace('/canarySettings/percentTraffic', `${shares[canary]}.0`),
  ];
}

function patchToOne(stage: Stage, only: string): PatchOperation[] {
  return [
    // Said again where it is so already: an update without operations might be no update.
    replace('/deploymentId', only),
    ...(stage.canarySettings ? [{ op: 'remove' as const, path: '/canarySettings' }] : []),
  ];
}

function positive(shares: Shares): string[] {
  return Object.keys(shares).filter((id) => (shares[id] ?? 0) > 0);
}

function heaviest(shares: Shares): string {
  return positive(shares).reduce((a, b) => ((shares[b] ?? 0) > (shares[a] ?? 0) ? b : a));
}

/** Only `replace` is taken for canary settings; it makes them where there are none. */
function replace(path: string, value: string): PatchOperation {
  return { op: 'replace', path, value };
}
