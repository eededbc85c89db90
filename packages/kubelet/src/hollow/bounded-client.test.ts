import { pods } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { boundedClient, type PodClient } from './bounded-client.js';

describe('a bounded client', () => {
  it('makes so many calls at a time, the others in order, whatever comes of them', async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const inner = {
      delete: (_resource: unknown, { name }: { name: string }) => {
        begun.push(name);
        return new Promise<void>((resolve, reject) =>
          ends.push(name === 'b' ? () => reject(new Error('no')) : resolve),
        );
      },
    } as unknown as PodClient;
    const client = boundedClient(inner, { value: 2 });
    const calls = ['a', 'b', 'c', 'd'].map((name) => client.delete(pods, { namespace: 'default', name }));
    const outcomes = Promise.allSettled(calls);
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b']);
    ends[1]?.();
    await calls[1]?.catch(() => undefined);
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b', 'c']);
    ends[0]?.();
    await calls[0];
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    for (const end of ends) end();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('makes fewer once the limit is lower, and more once it is higher', async () => {
    let begun = 0;
    const ends: (() => void)[] = [];
    const inner = {
      delete: () => {
        begun += 1;
        return new Promise<void>((resolve) => ends.push(resolve));
      },
    } as unknown as PodClient;
    const limit = { value: 3 };
    const client = boundedClient(inner, limit);
    const calls = Array.from({ length: 7 }, (_, index) =>
      client.delete(pods, { namespace: 'default', name: `${index}` }),
    );
    expect(begun).toBe(3);
    limit.value = 1;
    for (const end of ends.splice(0, 2)) end();
    await Promise.all(calls.slice(0, 2));
    expect(begun).toBe(3);
    limit.value = 4;
    ends.shift()?.();
    await calls[2];
    expect(begun).toBe(7);
    for (const end of ends) end();
    await Promise.all(calls);
  });
});
