import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ApiError, type QualifiedResource } from '@kubelab/api';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { parseServiceAccountUsername, serviceAccountGroups } from './service-account/names.js';
import { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, type User } from './user.js';

const USER = 'impersonate-user';
const GROUP = 'impersonate-group';
const UID = 'impersonate-uid';
const EXTRA_PREFIX = 'impersonate-extra-';
const AUTHENTICATION_GROUP = 'authentication.k8s.io';

/** One thing that the requester must be allowed to pass himself off as. */
interface Claim {
  readonly resource: QualifiedResource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** True for the few requests that ask to be treated as somebody else's. */
export function wantsImpersonation(headers: IncomingHttpHeaders): boolean {
  if (headers[USER] !== undefined || headers[GROUP] !== undefined || headers[UID] !== undefined) return true;
  for (const header in headers) if (header.startsWith(EXTRA_PREFIX)) return true;
  return false;
}

/**
 * The user whom the `Impersonate-*` headers name, once it is known that the
 * requester may be each part of him (verb `impersonate`).
 * @throws ApiError Forbidden, or BadRequest where they name no user
 */
export async function impersonate(message: IncomingMessage, requester: User, authorizer: Authorizer): Promise<User> {
  const name = valuesOf(message, USER)[0] ?? '';
  const groups = valuesOf(message, GROUP);
  const uid = valuesOf(message, UID)[0] ?? '';
  const extra = extraOf(message);
  if (name === '') {
    throw new ApiError('BadRequest', 'impersonating a group, uid or extra field requires impersonating a user');
  }
  for (const { resource, subresource, namespace, name: claimed } of claimsOf(name, groups, uid, extra)) {
    const attributes = { resource, subresource, namespace, name: claimed, path: '' };
    await authorize(authorizer, { user: requester, verb: 'impersonate', ...attributes });
  }
  return { name, groups: groupsFor(name, groups), ...(uid === '' ? {} : { uid }), extra };
}

function claimsOf(
  name: string,
  groups: readonly string[],
  uid: string,
  extra: Readonly<Record<string, readonly string[]>>,
): Claim[] {
  const core = (plural: string, claimed: string, namespace = ''): Claim => ({
    resource: { group: '', plural },
    subresource: '',
    namespace,
    name: claimed,
  });
  const authentication = (plural: string, subresource: string, claimed: string): Claim => ({
    resource: { group: AUTHENTICATION_GROUP, plural },
    subresource,
    namespace: '',
    name: claimed,
  });
  const account = parseServiceAccountUsername(name);
  return [
    account ? core('serviceaccounts', account.name, account.namespace) : core('users', name),
    ...groups.map((group) => core('groups', group)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => authentication('userextras', key, value)),
    ),
    ...(uid === '' ? [] : [authentication('uids', '', uid)]),
  ];
}

/** Groups that are named are all of them, but for the one that says whether he is known. */
function groupsFor(name: string, named: readonly string[]): string[] {
  const account = parseServiceAccountUsername(name);
  const groups = named.length === 0 && account ? serviceAccountGroups(account.namespace) : [...named];
  if (groups.includes(ALL_AUTHENTICATED) || groups.includes(ALL_UNAUTHENTICATED)) return groups;
  return [...groups, name === ANONYMOUS.name ? ALL_UNAUTHENTICATED : ALL_AUTHENTICATED];
}

/** Each header's own value, where Node would join those of one name. */
function valuesOf({ headersDistinct }: IncomingMessage, name: string): string[] {
  return (headersDistinct[name] ?? []).filter((value) => value !== '');
}

function extraOf(message: IncomingMessage): Record<string, string[]> {
  const found = Object.keys(message.headersDistinct).filter((header) => header.startsWith(EXTRA_PREFIX));
  return Object.fromEntries(
    found.map((header) => [
      unescapeKey(header.slice(EXTRA_PREFIX.length)),
      [...(message.headersDistinct[header] ?? [])],
    ]),
  );
}

/** Keys hold what a header name may not, and come percent-encoded. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
