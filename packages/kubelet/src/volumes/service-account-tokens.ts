import { type KubernetesObject, serviceAccounts, type TokenRequest } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import type { Clock, ComponentContext } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import type { RequestServiceAccountToken } from './volume-plugin.js';

interface ServiceAccountTokensOptions {
  readonly client: Pick<ApiClient, 'createSubresource'>;
  readonly clock: Clock;
  readonly log: ComponentContext['log'];
}

interface KnownToken {
  readonly token: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** A token is replaced once this much of its life is over, or it is a day old (as Kubernetes' token manager). */
const LIFE_SHARE = 0.8;
const MAX_AGE_MS = 24 * 3_600_000;

/**
 * The tokens of one node's pods: asked for when first needed, bound to their
 * pod, and asked for anew in time. While the apiserver is away, a token that is
 * still good is used on.
 */
export function createServiceAccountTokens(options: ServiceAccountTokensOptions): RequestServiceAccountToken {
  const { client, clock, log } = options;
  const known = new Map<string, KnownToken>();

  return async (pod, { audience, expirationSeconds }, signal) => {
    const account = pod.spec?.serviceAccountName || 'default';
    const { namespace = '', name, uid } = pod.metadata;
    const key = `${uid}/${account}/${audience}/${expirationSeconds}`;
    const present = known.get(key);
    const nowMs = clock.now();
    if (present !== undefined && nowMs < refreshTimeOf(present)) return present.token;
    try {
      const answer = await client.createSubresource(
        serviceAccounts,
        { namespace, name: account },
        'token',
        requestFor(pod, audience, expirationSeconds),
        { signal },
      );
      const { token = '', expirationTimestamp = '' } = (answer as TokenRequest).status ?? {};
      if (token === '') throw new Error('the answer has no token');
      forgetExpired(known, nowMs);
      known.set(key, { token, issuedMs: nowMs, expiresMs: Date.parse(expirationTimestamp) });
      return token;
    } catch (error) {
      signal.throwIfAborted();
      if (present !== undefined && nowMs < present.expiresMs) {
        log.warn(
          { error, pod: `${namespace}/${name}` },
          'the token could not be renewed; the present one is still good',
        );
        return present.token;
      }
      throw new Error(`failed to fetch token: ${(error as Error).message}`, { cause: error });
    }
  };
}

function requestFor(pod: ReadonlyPod, audience: string, expirationSeconds: number): KubernetesObject {
  const { name, uid } = pod.metadata;
  const request: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience === '' ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  };
  return request as KubernetesObject;
}

function refreshTimeOf({ issuedMs, expiresMs }: KnownToken): number {
  return Math.min(issuedMs + (expiresMs - issuedMs) * LIFE_SHARE, issuedMs + MAX_AGE_MS);
}

/** What pods that are gone have left. */
function forgetExpired(known: Map<string, KnownToken>, nowMs: number): void {
  for (const [key, { expiresMs }] of known) if (expiresMs <= nowMs) known.delete(key);
}
