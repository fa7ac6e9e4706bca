import { Empty } from '../parts/states.tsx';
import { useTitle } from '../state/browser.ts';

/** An address that leads nowhere. */
export function NotFoundPage({ path }: { path: string }) {
  useTitle('Nothing here');
  return (
    <>
      <h1 tabIndex={-1}>Nothing here</h1>
      <Empty title={`There is no page at ${path}`}>
        <p>
          <a href="/">All services</a>
        </p>
      </Empty>
    </>
  );
}
