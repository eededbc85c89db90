import { ALL_AUTHENTICATED } from '../user.js';

const PREFIX = 'system:serviceaccount:';
const ALL_SERVICE_ACCOUNTS = 'system:serviceaccounts';

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** `system:serviceaccount:NAMESPACE:NAME` */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `${PREFIX}${namespace}:${name}`;
}

/** Those of every service account of the namespace, without `system:authenticated`. */
export function serviceAccountGroups(namespace: string): string[] {
  return [ALL_SERVICE_ACCOUNTS, `${ALL_SERVICE_ACCOUNTS}:${namespace}`];
}

/** As {@link serviceAccountGroups}, of one who has shown a token. */
export function authenticatedServiceAccountGroups(namespace: string): string[] {
  return [...serviceAccountGroups(namespace), ALL_AUTHENTICATED];
}

/** Undefined for a user who is no service account. */
export function parseServiceAccountUsername(username: string): ServiceAccountName | undefined {
  if (!username.startsWith(PREFIX)) return undefined;
  const parts = username.slice(PREFIX.length).split(':');
  const [namespace, name] = parts;
  if (parts.length !== 2 || !isLabel(namespace) || !isSubdomain(name)) return undefined;
  return { namespace, name };
}

function isLabel(text: string | undefined): text is string {
  return text !== undefined && text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

function isSubdomain(text: string | undefined): text is string {
  return (
    text !== undefined &&
    text.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text)
  );
}
