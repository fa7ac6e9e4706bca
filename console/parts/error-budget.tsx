import type { ErrorBudget } from '../types.ts';
import { budgetLines } from '../words/error-budget.ts';

/** How an error budget stands; how much is left comes first. */
export function ErrorBudgetFacts({ budget }: { budget: ErrorBudget }) {
  const [first, ...others] = budgetLines(budget);
  return (
    <div class="error-budget">
      <p class={budget.stops ? 'short' : 'fine'}>{first}</p>
      {others.map((line) => (
        <p class="hint" key={line}>
          {line}
        </p>
      ))}
    </div>
  );
}
