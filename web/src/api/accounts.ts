/** Accounts, grants and the record, with the server's own keys. */
import { get, post, withQuery, write } from './client.ts';
import type { Title } from './types.ts';

export interface RoleTitle {
  id: string;
  title: Title;
  is_administrator?: boolean;
}

export const CLEARANCES = ['public', 'internal', 'sensitive', 'core'] as const;
export type Clearance = (typeof CLEARANCES)[number];

/** Who is signed in; without `accounts` nobody has to be. */
export interface SessionTold {
  accounts: boolean;
  user?: string | null;
  title?: string;
  roles?: RoleTitle[];
  scope?: string[];
  clearance?: Clearance;
  /** Which city they read; null for none. */
  reads?: 'exact' | 'district' | 'protected' | null;
  /** What stands between signing in and everything else. */
  pending?: 'password' | 'second_factor' | null;
  has_second_factor?: boolean;
  /** They sign in by the identity provider. */
  by_provider?: boolean;
  /** For nobody: what the button of the identity provider says. */
  provider?: string | null;
  idle_minutes?: number;
  watermark?: boolean;
  /** `METHOD /path` of everything that they may do. */
  rights?: string[];
}

export const findSession = () => get<SessionTold>('/api/session');
export const signIn = (name: string, password: string, code: string) =>
  post<SessionTold>('/api/session', { name, password, ...(code && { code }) });
export const signOut = () => write<undefined>('DELETE', '/api/session');
export const acceptInvitation = (invitation: string, password: string) => post<SessionTold>('/api/invitation', { invitation, password });
export const changePassword = (old: string, next: string) => write<SessionTold>('PUT', '/api/session/password', { old, new: next });
export const beginSecondFactor = () => post<{ key: string; address: string }>('/api/session/second_factor', {});
export const confirmSecondFactor = (code: string, current?: string) =>
  write<SessionTold>('PUT', '/api/session/second_factor', { code, ...(current !== undefined && { current }) });

/** By which a program asks in one's name (令牌). */
export interface Token {
  id: string;
  title: string;
  roles: string[];
  /** Seconds since 1970. */
  created_at: number;
  /** Seconds since 1970. */
  expires_at: number;
}

/** How long a token may last, days. */
export const MOST_TOKEN_DAYS = 366;
export const listTokens = () => get<{ rows: Token[] }>('/api/tokens').then((told) => told.rows);
/** The secret is told this once. */
export const createToken = (title: string, roles: string[], days: number) => post<{ token: Token; secret: string }>('/api/tokens', { title, roles, days });
export const removeToken = (id: string) => write<undefined>('DELETE', `/api/tokens/${encodeURIComponent(id)}`);

export interface User {
  name: string;
  title: string;
  is_disabled: boolean;
  has_password: boolean;
  has_second_factor: boolean;
  by_provider: boolean;
  roles: string[];
  scope: string[];
  clearance: Clearance;
}

export interface Invitation {
  name: string;
  invitation: string;
  /** Seconds since 1970. */
  expires_at: number;
}

const at = (name: string) => encodeURIComponent(name);
export const listUsers = () => get<{ rows: User[]; roles: RoleTitle[] }>('/api/users');
export const createUser = (name: string, title: string) => post<Invitation>('/api/users', { name, title });
export const lockUser = (name: string, is_disabled: boolean) => write<User>('PATCH', `/api/users/${at(name)}`, { is_disabled });
export const resetUser = (name: string) => post<Invitation>(`/api/users/${at(name)}/reset`, {});
export const putGrants = (name: string, grants: { roles: string[]; scope: string[]; clearance: Clearance }) =>
  write<User>('PUT', `/api/grants/${at(name)}`, grants);

export interface Policy {
  password_days: number;
  idle_minutes: number;
  second_factor: 'optional' | 'administrators' | 'everyone';
  watermark: boolean;
}

export const findPolicy = () => get<Policy>('/api/policy');
export const putPolicy = (policy: Policy) => write<Policy>('PUT', '/api/policy', policy);

/** How the published city stands; the key itself is told to nobody. */
export interface ProtectionStatus {
  served: boolean;
  publishes: boolean;
  /** Whether another key can be taken here. */
  rotates: boolean;
  key: { k: number; fingerprint: string } | null;
  key_problem: string | null;
  publication: { k: number; cell_m: number; fingerprint: string; published: string } | null;
  /** Whether the exact city has been changed since; null where the server cannot tell. */
  behind: boolean | null;
  publishing: boolean;
  failed: string | null;
  k: { least: number; most: number; default: number };
  cell_m: number;
}

export const findProtection = () => get<ProtectionStatus>('/api/protection');
export const makeProtectionKey = (k: number) => post<ProtectionStatus>('/api/protection/key', { k });
export const rotateProtectionKey = (k: number, confirm: string) => post<ProtectionStatus>('/api/protection/rotation', { k, confirm });

export interface AuditRow {
  number: number;
  at_ms: number;
  who: string;
  credential: string;
  origin: string;
  act: string;
  subject: string;
  outcome: string;
  times: number;
  hash: string;
}

export interface AuditSearch {
  who?: string;
  act?: string;
  outcome?: string;
  from?: string;
  until?: string;
  before?: number;
}

export const listAudit = (search: AuditSearch) => get<{ rows: AuditRow[] }>(withQuery('/api/audit', { ...search })).then((told) => told.rows);
export const auditFile = (search: AuditSearch) => withQuery('/api/audit/export', { ...search });
export const checkAudit = () => get<{ holds: boolean; rows?: number; problem?: string; head?: { number: number; hash: string } }>('/api/audit/check');
