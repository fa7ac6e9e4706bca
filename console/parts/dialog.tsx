import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/**
 * A native dialog: the browser keeps the focus inside, closes it with Escape and gives the focus back to
 * the button that opened it.
 */
export function Dialog(props: {
  title: string;
  onClose(): void;
  class?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    const opener = document.activeElement;
    current?.showModal();
    return () => {
      current?.close();
      focusAgain(opener);
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.class}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** The button may be gone with what it did: then the page's heading is where to go on from. */
function focusAgain(opener: Element | null): void {
  queueMicrotask(() => {
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body)
      opener.focus();
    else document.querySelector<HTMLElement>('h1')?.focus();
  });
}
