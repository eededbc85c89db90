/** Who makes a request, as an authenticator found out. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Tells a user from another who had the name before. */
  readonly uid?: string;
  /** What else the authenticator knows: `authentication.kubernetes.io/pod-name`, … */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const ALL_AUTHENTICATED = 'system:authenticated';
export const ALL_UNAUTHENTICATED = 'system:unauthenticated';

/** Whoever shows no credentials. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: [ALL_UNAUTHENTICATED] };

export function isAnonymous(user: User): boolean {
  return user.groups.includes(ALL_UNAUTHENTICATED);
}

/** The apiserver itself, for what it writes at start. */
export const APISERVER_USER: User = { name: 'system:apiserver', groups: ['system:masters', ALL_AUTHENTICATED] };
