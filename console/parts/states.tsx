import type { ComponentChildren } from 'preact';
import { type ApiError, wordsOf } from '../api.ts';

/** Grey lines where something will be in a moment. */
export function Skeleton({ lines = 3, label }: { lines?: number; label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}

/** Why something cannot be shown, in the API's words, with a way to try again. */
export function Problem({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>{wordsOf(error)}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What to do where nothing is yet. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** A part of a page with its heading. */
export function Section(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  const id = `part-${props.title.toLowerCase().replaceAll(/\W+/g, '-')}`;
  return (
    <section class={`card ${props.class ?? ''}`} aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
