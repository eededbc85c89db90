import type { ApiClient } from '@kubelab/client';
import { FifoQueue } from '../fifo-queue.js';

/** What pod workers and the status writer ask of the apiserver. */
export type PodClient = Pick<ApiClient, 'get' | 'updateStatus' | 'delete'>;

/**
 * A client that makes as many calls at a time as the limit says now; the others
 * wait in order, and their time-outs begin with their turns. Without it tens of
 * thousands of pods that end together would queue up at the apiserver, be given
 * up there, and come again.
 */
export function boundedClient(client: PodClient, limit: { readonly value: number }): PodClient {
  const waiting = new FifoQueue<() => void>();
  let running = 0;

  const giveTurns = (): void => {
    while (running < limit.value) {
      const next = waiting.shift();
      if (!next) return;
      running += 1;
      next();
    }
  };

  const inTurn = async <T>(call: () => Promise<T>): Promise<T> => {
    if (running < limit.value && waiting.size === 0) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      running -= 1;
      giveTurns();
    }
  };

  return {
    get: (...args) => inTurn(() => client.get(...args)),
    updateStatus: (...args) => inTurn(() => client.updateStatus(...args)),
    delete: (...args) => inTurn(() => client.delete(...args)),
  };
}
