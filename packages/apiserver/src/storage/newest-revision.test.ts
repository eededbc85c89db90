import { expect, it } from 'vitest';
import type { EtcdClient } from './etcd/client.js';
import { NewestRevision } from './newest-revision.js';

it('shares one question among all who ask while another is under way, and never an older one', async () => {
  const answers: ((revision: number) => void)[] = [];
  const client = {
    range: () => new Promise((resolve) => answers.push((revision) => resolve({ header: { revision } }))),
  } as unknown as EtcdClient;
  const newest = new NewestRevision(client);
  const first = newest.get();
  const later = [newest.get(), newest.get(), newest.get()];
  expect(answers).toHaveLength(1);
  answers[0]?.(5);
  expect(await first).toBe(5);
  await Promise.resolve();
  expect(answers).toHaveLength(2);
  answers[1]?.(9);
  expect(await Promise.all(later)).toEqual([9, 9, 9]);
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
  const outcomes = await Promise.allSettled([newest.get(), newest.get()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(await newest.get()).toBe(7);
});
