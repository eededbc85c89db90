import type { KubernetesObject, TokenRequest } from '@kubelab/api';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { commonUserOf } from './common-user.js';
import { createServiceAccountTokens } from './service-account-tokens.js';

const signal = new AbortController().signal;
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [], serviceAccountName: 'seller' },
} as ReadonlyPod;

function setUp() {
  let nowMs = 1_000_000;
  let failing = false;
  const asked: { account: string; request: TokenRequest }[] = [];
  const client = {
    async createSubresource(
      _resource: unknown,
      key: { namespace: string; name: string },
      subresource: string,
      object: KubernetesObject,
    ): Promise<KubernetesObject> {
      if (failing) throw new Error('away');
      const request = object as TokenRequest;
      asked.push({ account: `${key.namespace}/${key.name}/${subresource}`, request });
      const expirationTimestamp = new Date(nowMs + (request.spec.expirationSeconds ?? 0) * 1000).toISOString();
      return { ...request, status: { token: `t${asked.length}`, expirationTimestamp } } as KubernetesObject;
    },
  };
  const tokens = createServiceAccountTokens({
    client: client as never,
    clock: { now: () => nowMs } as never,
    log: pino({ level: 'silent' }),
  });
  return {
    asked,
    ask: (seconds = 3607) => tokens(pod, { audience: '', expirationSeconds: seconds }, signal),
    pass: (seconds: number) => {
      nowMs += seconds * 1000;
    },
    fail: (now: boolean) => {
      failing = now;
    },
  };
}

describe('tokens of service accounts', () => {
  test('are bound to their pod', async () => {
    const { ask, asked } = setUp();
    expect(await ask()).toBe('t1');
    expect(asked[0]?.account).toBe('shop/seller/token');
    expect(asked[0]?.request.spec).toEqual({
      audiences: [],
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u1' },
    });
  });

  test('are kept for four fifths of their life', async () => {
    const { ask, pass } = setUp();
    await ask();
    pass(3607 * 0.8 - 1);
    expect(await ask()).toBe('t1');
    pass(2);
    expect(await ask()).toBe('t2');
  });

  test('are not kept for more than a day', async () => {
    const { ask, pass } = setUp();
    const week = 7 * 24 * 3600;
    await ask(week);
    pass(24 * 3600 + 1);
    expect(await ask(week)).toBe('t2');
  });

  test('are used on while there is no answer, until they expire', async () => {
    const { ask, pass, fail } = setUp();
    await ask();
    fail(true);
    pass(3000);
    expect(await ask()).toBe('t1');
    pass(700);
    await expect(ask()).rejects.toThrow('failed to fetch token: away');
  });
});

describe('the user that all containers of a pod share', () => {
  const ofPod = (spec: object) => commonUserOf({ ...pod, spec } as ReadonlyPod);
  test.each([
    [{ containers: [{}] }, undefined],
    [{ securityContext: { runAsUser: 7 }, containers: [{}, {}] }, 7],
    [{ securityContext: { runAsUser: 7 }, containers: [{}, { securityContext: { runAsUser: 8 } }] }, undefined],
    [{ containers: [{ securityContext: { runAsUser: 0 } }], initContainers: [] }, 0],
    [{ containers: [{ securityContext: { runAsUser: 5 } }], initContainers: [{}] }, undefined],
  ])('%j', (spec, user) => expect(ofPod(spec)).toBe(user));
});
