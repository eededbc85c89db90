import {
  ApiError,
  type BoundObjectReference,
  conflict,
  type FieldError,
  invalid,
  type KubernetesObject,
  nodes,
  notFound,
  type ObjectKey,
  type Persisted,
  type Pod,
  pods,
  type ServiceAccount,
  secrets,
  type TokenRequest,
  type TokenRequestSpec,
} from '@kubelab/api';
import { admissionAttempt } from '../../admission/admission.js';
import type { ClaimedObject, KubernetesClaims } from '../../authn/service-account/claims.js';
import type { TokenSigner } from '../../authn/service-account/token-signer.js';
import type { TokenObjects } from '../../authn/token-objects.js';
import { decodeDefinition } from '../decode.js';
import { alignWithKey, checkUid, timestamp } from '../metadata.js';
import { notServed } from '../not-served.js';
import { type Body, encodeAnswer, type RequestContext, type WriteAnswer, type WriteOptions } from '../request.js';
import type { Scope } from '../scope.js';
import type { SubresourceVerbs } from './subresource.js';

export interface ServiceAccountTokenOptions {
  /** Undefined: no tokens are given out. */
  readonly signer: TokenSigner | undefined;
  readonly objects: TokenObjects;
  /** Of tokens whose request names none. */
  readonly apiAudiences: readonly string[];
  /** Longest life; 0 for as long as is asked for. */
  readonly maxExpirationSeconds: number;
  /** Whether tokens that are mounted into pods live for a year. */
  readonly extendExpiration: boolean;
}

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' } as const;
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What projected volumes ask for: by this figure they are told from others (KEP-1205). */
const PROJECTED_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** TokenRequest (KEP-1205): `create` on serviceaccounts/token gives out a signed token. */
export function serviceAccountToken(options: ServiceAccountTokenOptions): SubresourceVerbs<ServiceAccount> {
  return { create: (...call) => createToken(options, ...call) };
}

/** @throws ApiError BadRequest, Invalid, NotFound, Conflict (another uid), Forbidden */
async function createToken(
  options: ServiceAccountTokenOptions,
  scope: Scope<ServiceAccount>,
  key: ObjectKey,
  body: Body,
  { fieldValidation, dryRun }: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { signer } = options;
  if (signer === undefined) throw notServed();
  const request = decodeDefinition<TokenRequest & KubernetesObject>(KIND.kind, body, fieldValidation, context);
  const metadata = alignWithKey(request, scope.resource, key);
  // Absent is as good as empty.
  const spec: TokenRequestSpec = request.spec ?? { audiences: [] };
  request.spec = spec;
  spec.expirationSeconds ??= DEFAULT_SECONDS;
  const errors = validate(spec.expirationSeconds);
  if (errors.length > 0) throw invalid(KIND, '', errors);
  const attempt = admissionAttempt({
    operation: 'CREATE',
    resource: scope.resource,
    key,
    subresource: 'token',
    object: request as ServiceAccount,
    dryRun,
    context,
  });
  await scope.admission.admit(attempt.request);
  // Only now, as in Kubernetes: a node may ask for what its pods name, and names nothing for the API's own.
  if ((spec.audiences ?? []).length === 0) spec.audiences = [...options.apiAudiences];
  await scope.admission.validate(attempt.request);
  const account = (await scope.storage.get(key))?.object;
  if (account === undefined) throw notFound(scope.resource, key.name);
  checkUid(scope.resource, account, metadata.uid);
  const bond = await bondOf(spec.boundObjectRef, account, options.objects);
  limitLife(request, options, context);
  const issuedAt = Math.floor(scope.nowMs() / 1000);
  const life = lifeOf(request, bond, options);
  const token = await signer.sign({
    claims: {
      namespace: key.namespace,
      serviceaccount: { name: key.name, uid: account.metadata.uid },
      ...bond,
      ...(life.warnAfterSeconds === undefined ? {} : { warnafter: issuedAt + life.warnAfterSeconds }),
    },
    audiences: spec.audiences,
    issuedAt,
    expiresAt: issuedAt + life.seconds,
  });
  const answer: TokenRequest & KubernetesObject = {
    kind: KIND.kind,
    apiVersion: `${KIND.group}/v1`,
    metadata: { ...metadata, creationTimestamp: timestamp(scope.nowMs()) },
    spec,
    // What was asked for, and not what it may have been extended to: the bearer is to come back in time.
    status: { token, expirationTimestamp: timestamp((issuedAt + (spec.expirationSeconds ?? 0)) * 1000) },
  };
  return { answer: encodeAnswer(answer), status: 201, name: key.name };
}

function validate(seconds: number): FieldError[] {
  const wrong = (why: string): FieldError[] => [
    { field: 'spec.expirationSeconds', type: 'FieldValueInvalid', message: `Invalid value: ${seconds}: ${why}` },
  ];
  if (seconds < MIN_SECONDS) return wrong('may not specify a duration less than 10 minutes');
  if (seconds > MAX_SECONDS) return wrong('may not specify a duration larger than 2^32 seconds');
  return [];
}

/** What a token dies with, beside its service account. */
type Bond = Pick<KubernetesClaims, 'pod' | 'node' | 'secret'>;

async function bondOf(
  reference: BoundObjectReference | undefined,
  account: Persisted<ServiceAccount>,
  objects: TokenObjects,
): Promise<Bond> {
  if (reference === undefined) return {};
  const { apiVersion = '', kind = '', name = '', uid } = reference;
  const { namespace = '' } = account.metadata;
  const found = (object: Persisted | undefined, resource: { group: string; plural: string }): Persisted => {
    if (object === undefined) throw notFound(resource, name);
    checkBondUid(object, uid, kind);
    return object;
  };
  const claim = ({ metadata }: Persisted): ClaimedObject => ({ name: metadata.name, uid: metadata.uid });
  switch (apiVersion.includes('/') ? '' : kind) {
    case 'Pod': {
      const pod = await objects.find(pods, { namespace, name }, uid);
      if (pod !== undefined) checkAccountOf(pod, account.metadata.name);
      const node = pod?.spec?.nodeName;
      return { pod: claim(found(pod, pods)), ...(node ? { node: await nodeClaim(node, objects) } : {}) };
    }
    case 'Secret':
      return { secret: claim(found(await objects.find(secrets, { namespace, name }, uid), secrets)) };
    case 'Node':
      return { node: claim(found(await objects.find(nodes, { namespace: '', name }, uid), nodes)) };
    default:
      throw new ApiError('BadRequest', `cannot bind token to object of type ${describeKind(apiVersion, kind)}`);
  }
}

/** @throws ApiError BadRequest */
function checkAccountOf(pod: Pod, name: string): void {
  if (pod.spec?.serviceAccountName === name) return;
  throw new ApiError(
    'BadRequest',
    `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
  );
}

/** A node that is gone is still named. */
async function nodeClaim(name: string, objects: TokenObjects): Promise<ClaimedObject> {
  const node = await objects.find(nodes, { namespace: '', name });
  return { name, ...(node ? { uid: node.metadata.uid } : {}) };
}

function checkBondUid({ metadata }: Persisted, uid: string | undefined, kind: string): void {
  if (!uid || metadata.uid === uid) return;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  throw conflict({ group: '', plural: kind }, metadata.name, why);
}

/** As Go prints a GroupVersionKind. */
function describeKind(apiVersion: string, kind: string): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return `${group}/${version}, Kind=${kind}`;
}

function limitLife(
  { spec }: TokenRequest,
  { maxExpirationSeconds }: ServiceAccountTokenOptions,
  { warn }: RequestContext,
): void {
  const asked = spec.expirationSeconds ?? 0;
  if (maxExpirationSeconds === 0 || asked <= maxExpirationSeconds) return;
  warn(`requested expiration of ${asked} seconds shortened to ${maxExpirationSeconds} seconds`);
  spec.expirationSeconds = maxExpirationSeconds;
}

function lifeOf({ spec }: TokenRequest, bond: Bond, { extendExpiration, apiAudiences }: ServiceAccountTokenOptions) {
  const seconds = spec.expirationSeconds ?? 0;
  const forApi = spec.audiences.every((audience) => apiAudiences.includes(audience));
  if (!extendExpiration || bond.pod === undefined || seconds !== PROJECTED_SECONDS || !forApi) return { seconds };
  return { seconds: EXTENDED_SECONDS, warnAfterSeconds: seconds };
}
