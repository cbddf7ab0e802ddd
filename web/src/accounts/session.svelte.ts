import { findSession, signOut, type SessionTold } from '../api/accounts.ts';
import { Problem, onSignedOut } from '../api/client.ts';
import { dropDrafts } from '../edits/drafts.ts';
import { Stirs, type Memory } from './idle.ts';

const ENDED = 'suitu-session-ended';

/** Who is signed in. */
class Session {
  told = $state.raw<SessionTold | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** The secret of an invitation in the address; it is never sent to the server with it. */
  invitation = $state(/^#invitation=([0-9a-f]+)$/.exec(location.hash)?.[1] ?? '');
  /** Why the identity provider let nobody in, from the address. */
  refused = /^#refused=([a-z_]+)$/.exec(location.hash)?.[1];
  /** Whether the session ends within a minute unless somebody stirs. */
  isIdle = $state(false);
  /** Whether somebody was signed in a moment ago. */
  hasEnded = $state(sessionStorage.getItem(ENDED) !== null);

  async load(): Promise<void> {
    this.problem = null;
    try {
      this.told = await findSession();
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem('unexpected', 1, String(cause));
    }
  }

  /** Whether the map may be shown. */
  reads = $derived(this.told !== null && (!this.told.accounts || Boolean(this.told.reads)));

  may(operation: string): boolean {
    return this.told?.rights?.includes(operation) ?? false;
  }

  /** Whether any of the administrators' screens is theirs. */
  administers = $derived(['GET /api/users', 'GET /api/audit'].some((operation) => this.may(operation)));

  /** Begins anew: nothing of what one person saw stays in memory for the next. */
  anew(): void {
    if (location.hash) history.replaceState(null, '', location.pathname + location.search);
    location.reload();
  }

  async leave(): Promise<void> {
    dropDrafts();
    try {
      await signOut();
    } finally {
      this.anew();
    }
  }

  /** The session ended by itself. */
  ended(): void {
    if (!this.told?.user) return;
    sessionStorage.setItem(ENDED, '1');
    this.anew();
  }

  /** Told once. */
  tellEnd(): void {
    sessionStorage.removeItem(ENDED);
  }
}


export const session = new Session();
onSignedOut(() => session.ended());

/** How long before the end it is warned of, and how often a page in use tells the server so, milliseconds. */
const WARNING_MS = 60_000;
const TELL_MS = 60_000;

function memory(): Memory | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** Signs out whoever leaves the page alone for as long as a session may be idle: nobody else reads on. */
export function leaveWhenIdle(): () => void {
  const minutes = session.told?.idle_minutes;
  if (!session.told?.user || !minutes) return () => {};
  const most = minutes * 60_000;
  const stirs = new Stirs(memory());
  let told = Date.now();
  const stirred = () => stirs.stirred();
  // Whoever types asks the server nothing, and goes on with the session all the same.
  function tell(): void {
    told = Date.now();
    findSession().then(
      (found) => found.user || session.ended(),
      () => {},
    );
  }
  function look(): void {
    const now = Date.now();
    const idle = now - stirs.last();
    if (idle >= most) {
      clearInterval(timer);
      void signOut().finally(() => session.ended());
      return;
    }
    session.isIdle = idle >= most - WARNING_MS;
    if (stirs.here > told && now - told >= TELL_MS) tell();
  }
  const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
  for (const sign of signs) window.addEventListener(sign, stirred, { passive: true });
  const timer = setInterval(look, 5_000);
  return () => {
    clearInterval(timer);
    for (const sign of signs) window.removeEventListener(sign, stirred);
  };
}
