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
    const client = boundedClient(inner, 2);
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
});
