import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Api, ApiError, createApi } from './api.ts';
import { createLive } from './live.ts';
import { NotFoundPage } from './pages/not-found.tsx';
import { ReleasePage } from './pages/release.tsx';
import { ServicePage } from './pages/service.tsx';
import { ServicesPage } from './pages/services.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Header, LostBanner } from './parts/header.tsx';
import { Problem, Skeleton } from './parts/states.tsx';
import { type Place, pathOfClick, placeOf } from './router.ts';
import { after, openStream } from './state/browser.ts';
import { ConsoleState } from './state/console-context.ts';
import type { SessionAnswer } from './types.ts';

type Who =
  | { state: 'asking' }
  | { state: 'nobody'; notice: string | null }
  | { state: 'unreachable'; error: ApiError }
  | { state: 'known'; session: SessionAnswer };

/** The whole page: who is here, then where they are. `token` is what a sign-in link brought along. */
export function App({ token }: { token: string | null }) {
  const [who, setWho] = useState<Who>({ state: 'asking' });
  const api = useMemo(
    () =>
      createApi({
        fetch: (path, init) => fetch(path, init),
        onSignedOut: () => setWho(signedOut),
      }),
    [],
  );
  const enter = useCallback(async () => setWho(await askWho(api)), [api]);
  useEffect(() => {
    const start = async () => {
      const notice = token === null ? null : await tryToken(api, token);
      const found = await askWho(api);
      setWho(found.state === 'nobody' ? { ...found, notice } : found);
    };
    void start();
  }, [api, token]);
  const leave = async () => {
    await api.send('POST', '/auth/logout').catch(() => undefined);
    setWho({ state: 'nobody', notice: null });
  };
  if (who.state === 'known') return <Signed session={who.session} api={api} onSignOut={leave} />;
  if (who.state === 'nobody') return <SignIn api={api} notice={who.notice} onSignedIn={enter} />;
  return (
    <main id="main" class="sign-in">
      {who.state === 'asking' ? (
        <Skeleton label="Verdigris is starting" />
      ) : (
        <Problem error={who.error} onRetry={enter} />
      )}
    </main>
  );
}

/** A session that ends under somebody's hands says so; one that never was does not. */
function signedOut(before: Who): Who {
  const notice = before.state === 'known' ? 'Your session has ended. Sign in to go on.' : null;
  return before.state === 'nobody' ? before : { state: 'nobody', notice };
}

async function tryToken(api: Api, token: string): Promise<string | null> {
  try {
    await api.send('POST', '/auth/session', { token });
    return null;
  } catch {
    return 'The token in the link is not valid (any more).';
  }
}

async function askWho(api: Api): Promise<Who> {
  try {
    return { state: 'known', session: await api.get<SessionAnswer>('/api/session') };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status === 401
      ? { state: 'nobody', notice: null }
      : { state: 'unreachable', error };
  }
}

function Signed(props: { session: SessionAnswer; api: Api; onSignOut(): void }) {
  const { session, api, onSignOut } = props;
  const [path, setPath] = useState(location.pathname);
  const [said, announce] = useState('');
  const live = useLive(session.stream);
  const go = useCallback((next: string) => {
    history.pushState(null, '', next);
    setPath(next);
    scrollTo(0, 0);
  }, []);
  useLinks(go, setPath);
  useFocusOnArrival(path);
  const state = useMemo(() => ({ api, live, session, go, announce }), [api, live, session, go]);
  return (
    <ConsoleState.Provider value={state}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header onSignOut={onSignOut} />
      <LostBanner />
      <main id="main" class="page" tabIndex={-1}>
        <Page key={path} place={placeOf(path)} />
      </main>
      <p class="unseen" aria-live="polite">
        {said}
      </p>
    </ConsoleState.Provider>
  );
}

function Page({ place }: { place: Place }) {
  if (place.page === 'services') return <ServicesPage />;
  if (place.page === 'service') return <ServicePage service={place.service} />;
  if (place.page === 'release') return <ReleasePage releaseId={place.releaseId} />;
  return <NotFoundPage path={place.path} />;
}

function useLive(hasStream: boolean) {
  const live = useMemo(
    () =>
      createLive({
        now: () => Date.now(),
        after,
        openStream: hasStream ? openStream : null,
        isHidden: () => document.hidden,
      }),
    [hasStream],
  );
  useEffect(() => {
    const wake = () => live.wake();
    document.addEventListener('visibilitychange', wake);
    addEventListener('online', wake);
    return () => {
      document.removeEventListener('visibilitychange', wake);
      removeEventListener('online', wake);
      live.stop();
    };
  }, [live]);
  return live;
}

/** Links within the console load no page; the back button works as ever. */
function useLinks(go: (path: string) => void, setPath: (path: string) => void): void {
  useEffect(() => {
    const click = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      const path = pathOfClick(
        {
          button: event.button,
          hasModifier: event.metaKey || event.ctrlKey || event.shiftKey || event.altKey,
          isPrevented: event.defaultPrevented,
          href: link?.href ?? null,
          target: link?.target ?? null,
          hasDownload: link?.hasAttribute('download') ?? false,
        },
        location.origin,
      );
      if (path === null) return;
      event.preventDefault();
      go(path);
    };
    const back = () => setPath(location.pathname);
    document.addEventListener('click', click);
    addEventListener('popstate', back);
    return () => {
      document.removeEventListener('click', click);
      removeEventListener('popstate', back);
    };
  }, [go, setPath]);
}

/** Who comes by keyboard goes on at the new page's heading; not on the first page. */
function useFocusOnArrival(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    document.querySelector<HTMLElement>('h1')?.focus();
  }, [path]);
}
