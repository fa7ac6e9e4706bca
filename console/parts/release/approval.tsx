import { useState } from 'preact/hooks';
import { missingApprovals } from '../../model/review.ts';
import { whyNot } from '../../model/rights.ts';
import { useNow } from '../../state/browser.ts';
import { useConsole } from '../../state/console-context.ts';
import { useResource } from '../../state/resource.ts';
import type { ReleaseStatus, ReviewAnswer } from '../../types.ts';
import { approveWords, rejectWords } from '../../words/confirmations.ts';
import { durationInWords } from '../../words/durations.ts';
import { sentence } from '../../words/text.ts';
import { Actions } from '../actions.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Problem, Section, Skeleton } from '../states.tsx';
import { Time } from '../time.tsx';
import { ReviewFacts } from './review-facts.tsx';

/** What is asked of people, what they decide about, and the buttons. Shown while the release waits. */
export function ApprovalPart({ status, onDone }: { status: ReleaseStatus; onDone(): void }) {
  const { session } = useConsole();
  const isMine = whyNot(session.grants, 'approve', status.service) === null;
  const isWaiting = status.phase === 'awaiting-approval' && status.outcome === null;
  const path = `/api/releases/${encodeURIComponent(status.releaseId)}/review`;
  const review = useResource<ReviewAnswer>(isWaiting ? path : null);
  if (!isWaiting) return null;
  const done = () => {
    review.reload();
    onDone();
  };
  return (
    <Section
      title={isMine ? 'Your approval is asked for' : 'Waits for approval'}
      aside={review.data?.expiresAt && <Expiry at={review.data.expiresAt} />}
      class="approval"
    >
      {review.error && <Problem error={review.error} onRetry={review.reload} />}
      {!review.data && !review.error && <Skeleton label="The review is being read" />}
      {review.data && (
        <>
          <Asked review={review.data} />
          <Decide review={review.data} status={status} onDone={done} />
          <ReviewFacts review={review.data} />
        </>
      )}
    </Section>
  );
}

function Expiry({ at }: { at: string }) {
  const now = useNow(1000);
  const left = Date.parse(at) - now;
  return (
    <p class="hint">
      {left > 0 ? (
        <>
          Expires in {durationInWords(left)}, <Time at={at} isShort />
        </>
      ) : (
        'Expired'
      )}
    </p>
  );
}

function Asked({ review }: { review: ReviewAnswer }) {
  const { requestedBy, requestedAt, requiredCount, separateDuties, decisions } = review;
  const missing = missingApprovals(review);
  return (
    <>
      <p>
        <b>{requestedBy}</b> asked on <Time at={requestedAt} />. {requiredCount - missing} of{' '}
        {requiredCount} {requiredCount === 1 ? 'approval' : 'approvals'} given.
        {separateDuties && ' Whoever asked for the release cannot approve it.'}
      </p>
      {decisions.length > 0 && (
        <ul class="decisions">
          {decisions.map(({ by, decision, reason, at }) => (
            <li key={by} class={decision}>
              <b>{by}</b> {decision === 'approve' ? 'approved' : 'rejected'} at{' '}
              <Time at={at} isShort />
              {reason && `: ${reason}`}
            </li>
          ))}
        </ul>
      )}
      {review.breach && (
        <p class="problem" role="alert">
          While it waits: {sentence(review.breach.reason)}
        </p>
      )}
    </>
  );
}

function Decide(props: { review: ReviewAnswer; status: ReleaseStatus; onDone(): void }) {
  const { review, status, onDone } = props;
  const { api, session } = useConsole();
  const [asked, setAsked] = useState<'approve' | 'reject' | null>(null);
  const role = whyNot(session.grants, 'approve', status.service);
  const because = role ?? sentence(review.whyNot ?? 'It is decided');
  const decide = async (reason: string | null) => {
    const path = `/api/releases/${encodeURIComponent(status.releaseId)}/${asked}`;
    await api.send('POST', path, reason === null ? {} : { reason });
    onDone();
  };
  return (
    <>
      <Actions
        actions={[
          {
            label: 'Approve…',
            whyNot: role === null && review.canDecide ? null : because,
            tone: 'primary',
            onClick: () => setAsked('approve'),
          },
          {
            label: 'Reject…',
            whyNot: role === null && review.canReject ? null : because,
            tone: 'grave',
            onClick: () => setAsked('reject'),
          },
        ]}
      />
      {asked && (
        <ConfirmDialog
          words={
            asked === 'approve'
              ? approveWords(status, missingApprovals(review))
              : rejectWords(status)
          }
          reason="optional"
          onConfirm={decide}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}
