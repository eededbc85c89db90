/** Lets so many run at a time; the others wait, the lowest rank first. */
export interface Limiter {
  run<T>(rank: number, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Waiter {
  readonly rank: number;
  readonly admit: () => void;
}

export function createLimiter(concurrency: number): Limiter {
  const waiting: Waiter[] = [];
  let running = 0;

  function enter(rank: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (running < concurrency) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        rank,
        admit: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const after = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(after < 0 ? waiting.length : after, 0, waiter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async run(rank, signal, work) {
      await enter(rank, signal);
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next.admit();
        else running -= 1;
      }
    },
  };
}
