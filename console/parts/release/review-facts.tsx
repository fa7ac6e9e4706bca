import { diffLines, shortDigest } from '../../model/changes.ts';
import type { Artifact, ReviewAnswer } from '../../types.ts';
import { counted } from '../../words/text.ts';
import { Badge } from '../badge.tsx';
import { ErrorBudgetFacts } from '../error-budget.tsx';

/** What approvers decide about: the artifact and the manifest against the last release, and the checks. */
export function ReviewFacts({ review }: { review: ReviewAnswer }) {
  return (
    <div class="review">
      <h3>Artifact</h3>
      <ArtifactDiff {...review.artifact} />
      <h3>Manifest since the release that completed last</h3>
      {review.comparedWith ? (
        <ManifestDiff changes={review.changes} />
      ) : (
        <p class="hint">There is no earlier one to compare with.</p>
      )}
      <h3>Checks</h3>
      <CheckList checks={review.checks} />
      {review.errorBudget && (
        <>
          <h3>Error budget</h3>
          <ErrorBudgetFacts budget={review.errorBudget} />
        </>
      )}
    </div>
  );
}

function ArtifactDiff({ before, after }: ReviewAnswer['artifact']) {
  const rows: [name: string, of: (artifact: Artifact) => string | null | undefined][] = [
    ['Version', (it) => it.version],
    ['Where', (it) => it.uri],
    ['Digest', (it) => shortDigest(it.digest)],
  ];
  return (
    <table class="diff">
      <thead>
        <tr>
          <td />
          <th scope="col">Until now</th>
          <th scope="col">New</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, of]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{(before && of(before)) ?? '–'}</td>
            <td>{of(after) ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ManifestDiff({ changes }: Pick<ReviewAnswer, 'changes'>) {
  if (changes.length === 0) return <p class="hint">Nothing changed.</p>;
  return (
    <ul class="manifest-diff">
      {diffLines(changes).map(({ path, kind, before, after }) => (
        <li key={path}>
          <p>
            <code>{path}</code> {kind}
          </p>
          {before !== null && (
            <p class="removed">
              <span class="unseen">before: </span>
              <del>{before}</del>
            </p>
          )}
          {after !== null && (
            <p class="added">
              <span class="unseen">now: </span>
              <ins>{after}</ins>
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function CheckList({ checks }: Pick<ReviewAnswer, 'checks'>) {
  const bad = checks.filter(({ verdict }) => verdict !== 'pass');
  if (checks.length === 0) return <p class="hint">The manifest has no checks.</p>;
  if (bad.length === 0) return <p class="fine">{counted(checks.length, 'check')} passed.</p>;
  return (
    <ul class="review-checks">
      {bad.map(({ name, verdict, summary }) => (
        <li key={name}>
          <Badge tone={verdict === 'fail' ? 'bad' : 'warn'}>{name}</Badge> {summary}
        </li>
      ))}
    </ul>
  );
}
