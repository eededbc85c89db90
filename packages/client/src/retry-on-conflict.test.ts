import { ApiError, configMaps, type KubernetesObject } from '@kubelab/api';
import { createManualClock } from '@kubelab/runtime';
import { describe, expect, it } from 'vitest';
import type { ApiClient } from './api-client.js';
import { createOrGet } from './create-or-get.js';
import { deleteIfPresent, getIfPresent } from './if-present.js';
import { retryOnConflict } from './retry-on-conflict.js';

const failing = (reason: 'NotFound' | 'Conflict' | 'AlreadyExists') => () =>
  Promise.reject(new ApiError(reason, reason));
const key = { namespace: 'default', name: 'a' };

describe('retryOnConflict', () => {
  it('tries again after a conflict, until it goes well', async () => {
    const clock = createManualClock();
    let attempts = 0;
    const retrying = retryOnConflict(() => (++attempts < 3 ? failing('Conflict')() : Promise.resolve('done')), {
      clock,
    });
    await clock.advance(1_000);
    expect(await retrying).toBe('done');
    expect(attempts).toBe(3);
  });

  it('throws the last conflict, and any other error at once', async () => {
    const clock = createManualClock();
    let attempts = 0;
    const retrying = retryOnConflict(
      () => {
        attempts++;
        return failing('Conflict')();
      },
      { clock, attempts: 4 },
    ).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await retrying).toMatchObject({ reason: 'Conflict' });
    expect(attempts).toBe(4);
    await expect(retryOnConflict(failing('NotFound'))).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

it('createOrGet returns what is there', async () => {
  const object: KubernetesObject = { metadata: { name: 'a' } };
  const client = { create: failing('AlreadyExists'), get: () => Promise.resolve(object) } as unknown as ApiClient;
  expect(await createOrGet(client, configMaps, { metadata: key })).toEqual({ object, created: false });
  const refusing = { create: failing('Conflict') } as unknown as ApiClient;
  await expect(createOrGet(refusing, configMaps, { metadata: key })).rejects.toMatchObject({ reason: 'Conflict' });
});

it('getIfPresent and deleteIfPresent take absence for an answer', async () => {
  const absent = { get: failing('NotFound'), delete: failing('NotFound') } as unknown as ApiClient;
  expect(await getIfPresent(absent, configMaps, key)).toBeUndefined();
  expect(await deleteIfPresent(absent, configMaps, key)).toBe(false);
  const another = { delete: failing('Conflict') } as unknown as ApiClient;
  expect(await deleteIfPresent(another, configMaps, key, { preconditions: { uid: 'old' } })).toBe(false);
  const stale = deleteIfPresent(another, configMaps, key, { preconditions: { uid: 'u', resourceVersion: '1' } });
  await expect(stale).rejects.toMatchObject({ reason: 'Conflict' });
});
