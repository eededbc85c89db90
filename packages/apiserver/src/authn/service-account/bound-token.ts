import { nodes, type Persisted, pods, secrets, serviceAccounts } from '@kubelab/api';
import type { TokenAuthenticator } from '../token-authenticator.js';
import type { TokenObjects } from '../token-objects.js';
import type { User } from '../user.js';
import type { BoundTokenClaims, ClaimedObject, KubernetesClaims } from './claims.js';
import { authenticatedServiceAccountGroups, serviceAccountUsername } from './names.js';
import type { SignatureChecker } from './signature-checker.js';

/** How far clocks may be apart, and how long what is being deleted still counts. Kubernetes allows as much. */
const LEEWAY_SECONDS = 60;
const EXTRA = 'authentication.kubernetes.io/';
const INVALIDATED = 'service account token has been invalidated';

export interface BoundTokenOptions {
  readonly signatures: SignatureChecker;
  readonly objects: TokenObjects;
  /** Of tokens that name no audience. */
  readonly apiAudiences: readonly string[];
  readonly nowMs?: () => number;
}

/**
 * The tokens of TokenRequest (KEP-1205): good while their time lasts, and while
 * the service account and the object that they are bound to are what they were.
 */
export function boundTokens({
  signatures,
  objects,
  apiAudiences,
  nowMs = Date.now,
}: BoundTokenOptions): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      const claims = (await signatures.check(token)) as BoundTokenClaims | undefined;
      if (claims === undefined) return undefined;
      const common = commonAudiences(claims, audiences, apiAudiences);
      const nowSeconds = nowMs() / 1000;
      checkTime(claims, nowSeconds);
      const kubernetes = claims['kubernetes.io'];
      if (kubernetes?.serviceaccount === undefined) throw new Error('the token names no service account');
      await checkObjects(objects, kubernetes, nowSeconds - LEEWAY_SECONDS);
      return { user: userOf(kubernetes, claims.jti), audiences: common };
    },
  };
}

function commonAudiences({ aud }: BoundTokenClaims, asked: readonly string[], implicit: readonly string[]): string[] {
  const claimed = aud === undefined ? [] : [aud].flat();
  const named = claimed.length === 0 ? implicit : claimed;
  const common = named.filter((audience) => asked.includes(audience));
  if (common.length > 0) return common;
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  throw new Error(`token audiences ${list(named)} is invalid for the target audiences ${list(asked)}`);
}

function checkTime({ exp, nbf, iat }: BoundTokenClaims, nowSeconds: number): void {
  if (exp !== undefined && nowSeconds > exp + LEEWAY_SECONDS) throw new Error('service account token has expired');
  if (nbf !== undefined && nowSeconds < nbf - LEEWAY_SECONDS) throw new Error('service account token is not valid yet');
  if (iat !== undefined && nowSeconds < iat - LEEWAY_SECONDS)
    throw new Error('service account token is issued in the future');
}

async function checkObjects(objects: TokenObjects, claims: KubernetesClaims, deletedBefore: number): Promise<void> {
  const { namespace, serviceaccount, secret, pod, node } = claims;
  const key = { namespace, name: serviceaccount.name };
  const account = await objects.find(serviceAccounts, key, serviceaccount.uid);
  if (account === undefined) throw new Error(`serviceaccounts "${serviceaccount.name}" not found`);
  if (account.metadata.uid !== serviceaccount.uid) {
    throw new Error(`service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid ?? ''})`);
  }
  if (wasDeleted(account, deletedBefore)) throw new Error('service account has been deleted');
  const check = async (kind: string, claimed: ClaimedObject, found: Promise<Persisted | undefined>) => {
    const object = await found;
    if (object === undefined || wasDeleted(object, deletedBefore)) throw new Error(INVALIDATED);
    const { uid } = object.metadata;
    if (uid !== claimed.uid)
      throw new Error(`${kind} UID (${uid}) does not match service account ${kind} ref claim (${claimed.uid ?? ''})`);
  };
  if (secret) await check('secret', secret, objects.find(secrets, { namespace, name: secret.name }, secret.uid));
  if (pod) await check('pod', pod, objects.find(pods, { namespace, name: pod.name }, pod.uid));
  // Beside a pod, the node is told and no bond.
  else if (node) await check('node', node, objects.find(nodes, { namespace: '', name: node.name }, node.uid));
}

function wasDeleted({ metadata }: Persisted, beforeSeconds: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) / 1000 < beforeSeconds;
}

function userOf({ namespace, serviceaccount, pod, node }: KubernetesClaims, tokenId: string | undefined): User {
  const extra: Record<string, readonly string[]> = {};
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') extra[EXTRA + name] = [value];
  };
  add('credential-id', tokenId === undefined ? undefined : `JTI=${tokenId}`);
  add('pod-name', pod?.name);
  add('pod-uid', pod?.uid);
  add('node-name', node?.name);
  add('node-uid', node?.uid);
  return {
    name: serviceAccountUsername(namespace, serviceaccount.name),
    groups: authenticatedServiceAccountGroups(namespace),
    uid: serviceaccount.uid ?? '',
    extra,
  };
}
