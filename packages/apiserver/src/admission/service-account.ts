import { randomInt } from 'node:crypto';
import {
  ApiError,
  type Persisted,
  type Pod,
  type PodSpec,
  pods,
  type ServiceAccount,
  serviceAccounts,
  type Volume,
} from '@kubelab/api';
import { sleep } from '@kubelab/runtime';
import { generateName } from '../registry/metadata.js';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { forbiddenObject } from './forbidden-object.js';
import { enforcesMountableSecrets, forbiddenEphemeralSecretOf, forbiddenSecretOf } from './mountable-secrets.js';
import { MIRROR_ANNOTATION, newPod } from './new-pod.js';

const DEFAULT_ACCOUNT = 'default';
/** A namespace's first pod may come before the controller has made its account. */
const ATTEMPTS_FOR_DEFAULT = 10;
const RETRY_MS = { min: 100, max: 200 };

/** Where client libraries look for credentials. */
export const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour and seven seconds: by the seven, Kubernetes tells tokens that it mounts itself from others. */
const TOKEN_SECONDS = 3607;
const VOLUME_PREFIX = 'kube-api-access-';
const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';

/**
 * A pod runs as a service account that exists, `default` unless it says
 * otherwise; it takes over the account's imagePullSecrets, and finds the
 * account's token, the cluster's authority and its namespace in every container.
 * An account may forbid its pods the Secrets that it does not name.
 * A server that issues no tokens mounts none: such a pod would wait for ever.
 */
export function serviceAccount(storage: Storage, { issuesTokens }: { issuesTokens: boolean }): AdmissionPlugin {
  const stored = storage.forResource(serviceAccounts);

  async function find(namespace: string, name: string): Promise<Persisted<ServiceAccount> | undefined> {
    const key = { namespace, name };
    const cached = stored.getCached(key);
    if (cached) return cached.object;
    const attempts = name === DEFAULT_ACCOUNT ? ATTEMPTS_FOR_DEFAULT : 1;
    const pauseMs = randomInt(RETRY_MS.min, RETRY_MS.max);
    for (let attempt = 1; ; attempt += 1) {
      const found = await stored.get(key);
      if (found !== undefined || attempt === attempts) return found?.object;
      await sleep(pauseMs);
    }
  }

  async function findExisting({ resource, key }: AdmissionRequest, name: string): Promise<Persisted<ServiceAccount>> {
    const { namespace } = key;
    if (name === '') {
      throw forbiddenObject(resource, key.name, `no service account specified for pod ${namespace}/${key.name}`);
    }
    const account = await find(namespace, name);
    if (account !== undefined) return account;
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbiddenObject(resource, key.name, why);
  }

  return {
    name: 'ServiceAccount',
    async admit(request) {
      const pod = newPod(request);
      if (pod?.spec === undefined) return;
      if (isMirror(pod)) return checkMirror(request, pod.spec);
      const name = pod.spec.serviceAccountName || pod.spec.serviceAccount || DEFAULT_ACCOUNT;
      pod.spec.serviceAccountName = name;
      pod.spec.serviceAccount = name;
      const account = await findExisting(request, name);
      if (issuesTokens && mountsToken(account, pod.spec)) mountToken(pod.spec);
      if ((pod.spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
        pod.spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      }
    },
    async validate(request) {
      const pod = newPod(request);
      if (pod?.spec !== undefined && !isMirror(pod)) {
        const account = await findExisting(request, pod.spec.serviceAccountName ?? '');
        const why = enforcesMountableSecrets(account) ? forbiddenSecretOf(account, pod.spec) : undefined;
        if (why !== undefined) throw forbiddenObject(request.resource, request.key.name, why);
      }
      const changed = podWithEphemeralContainers(request);
      if (changed?.spec === undefined) return;
      const account = await findExisting(request, changed.spec.serviceAccountName ?? '');
      const why = enforcesMountableSecrets(account) ? forbiddenEphemeralSecretOf(account, changed.spec) : undefined;
      // Kubernetes gives this one no reason.
      if (why !== undefined) throw new ApiError('Unknown', why);
    },
  };
}

function podWithEphemeralContainers({ resource, subresource, operation, object }: AdmissionRequest): Pod | undefined {
  const isPod = resource.plural === pods.plural && resource.group === '';
  return isPod && operation === 'UPDATE' && subresource === 'ephemeralcontainers' ? (object as Pod) : undefined;
}

function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata?.annotations ?? {}, MIRROR_ANNOTATION);
}

/** A mirror pod is what a kubelet runs anyway: it is not changed, and may not reach for what others own. */
function checkMirror({ resource, key }: AdmissionRequest, spec: PodSpec): void {
  if (spec.serviceAccountName)
    throw forbiddenObject(resource, key.name, 'a mirror pod may not reference service accounts');
  if (spec.volumes?.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken))) {
    throw forbiddenObject(resource, key.name, 'a mirror pod may not use service account token volume projections');
  }
}

/** The pod's word counts before the account's. */
function mountsToken(account: ServiceAccount, spec: PodSpec): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken(spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter(
    ({ volumeMounts }) => !volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_MOUNT_PATH),
  );
  if (without.length === 0) return;
  const volumes = spec.volumes ?? [];
  const present = volumes.find(({ name }) => name.startsWith(VOLUME_PREFIX))?.name;
  const name = present ?? generateName(VOLUME_PREFIX);
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH }];
  }
  if (present === undefined) spec.volumes = [...volumes, tokenVolume(name)];
}

/** With every default in place: defaults have been set already. */
function tokenVolume(name: string): Volume {
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
        { configMap: { name: ROOT_CA_CONFIG_MAP, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [namespace] } },
      ],
    },
  };
}
