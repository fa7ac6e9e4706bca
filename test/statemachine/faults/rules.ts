import { rule10, rule11 } from './rules/events.ts';
import { rule3, rule6, rule7, rule8 } from './rules/lifecycle.ts';
import { noMoveOverBreach, push, rule5 } from './rules/prompt.ts';
import { rule1, rule2, rule4, rule9 } from './rules/route.ts';
import type { World } from './world.ts';

/** A rule that looks on while a schedule runs; `finish` is asked when everything is quiet. */
export type Rule = (world: World) => { finish?: () => void };

/** Every rule of docs/rules.md, by its number, and the promise that nobody polls for a breach. */
export const rules: readonly Rule[] = [
  ...[rule1, rule2, rule3, rule4, rule5, rule6, rule7, rule8, rule9, rule10, rule11],
  noMoveOverBreach,
  push,
];
