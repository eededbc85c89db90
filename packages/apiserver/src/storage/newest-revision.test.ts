import { expect, it, vi } from 'vitest';
import type { EtcdClient } from './etcd/client.js';
import { NewestRevision } from './newest-revision.js';

it('shares one question among all who ask before it is on its way, and never an older one', async () => {
  const answers: ((revision: number) => void)[] = [];
  const client = {
    range: () => new Promise((resolve) => answers.push((revision) => resolve({ header: { revision } }))),
  } as unknown as EtcdClient;
  const newest = new NewestRevision(client);
  const first = [newest.get(), newest.get()];
  await vi.waitUntil(() => answers.length > 0);
  const later = [newest.get(), newest.get(), newest.get()];
  answers[0]?.(5);
  expect(await Promise.all(first)).toEqual([5, 5]);
  await vi.waitUntil(() => answers.length > 1);
  answers[1]?.(9);
  expect(await Promise.all(later)).toEqual([9, 9, 9]);
  expect(answers).toHaveLength(2);
});

it('asks again after a failure', async () => {
  let attempts = 0;
  const client = {
    range: async () => {
      if (++attempts === 1) throw new Error('gone');
      return { header: { revision: 7 } };
    },
  } as unknown as EtcdClient;
  const newest = new NewestRevision(client);
  const failed = expect(newest.get()).rejects.toThrow('gone');
  await vi.waitUntil(() => attempts > 0);
  expect(await newest.get()).toBe(7);
  await failed;
});
