import type { ApiClient } from '@kubelab/client';
import { FifoQueue } from '../fifo-queue.js';

/** What pod workers and the status writer ask of the apiserver. */
export type PodClient = Pick<ApiClient, 'get' | 'updateStatus' | 'delete'>;

/**
 * A client that makes so many calls at a time; the others wait in order, and
 * their time-outs begin with their turns. Without it tens of thousands of pods
 * that end together would queue up at the apiserver, be given up there, and come
 * again.
 */
export function boundedClient(client: PodClient, concurrency: number): PodClient {
  const waiting = new FifoQueue<() => void>();
  let running = 0;

  const inTurn = async <T>(call: () => Promise<T>): Promise<T> => {
    if (running < concurrency) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };

  return {
    get: (...args) => inTurn(() => client.get(...args)),
    updateStatus: (...args) => inTurn(() => client.updateStatus(...args)),
    delete: (...args) => inTurn(() => client.delete(...args)),
  };
}
