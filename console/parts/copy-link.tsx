import { useEffect, useState } from 'preact/hooks';
import { after } from '../state/browser.ts';

/** Copies the page's address, to be pasted into chat. */
export function CopyLink() {
  const [told, setTold] = useState<string | null>(null);
  useEffect(() => (told ? after(3000, () => setTold(null)) : undefined), [told]);
  const copy = async () => {
    const address = location.origin + location.pathname;
    try {
      await navigator.clipboard.writeText(address);
      setTold('Copied');
    } catch {
      setTold(address);
    }
  };
  return (
    <span class="copy">
      <button type="button" class="link" onClick={copy}>
        Copy link
      </button>
      <span role="status">{told}</span>
    </span>
  );
}
