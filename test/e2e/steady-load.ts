import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface LoadResult {
  readonly answered: number;
  /** What went wrong, with the time since the load began. */
  readonly failures: readonly string[];
}

export interface SteadyLoad {
  /** How many requests have been answered so far. */
  readonly answered: number;
  /** Ends it once the requests under way are done. */
  stop(): Promise<LoadResult>;
}

const PAUSE_MS = 10;
const LIMIT_MS = 5_000;

/** Asks each of the URLs again and again, one connection a request, until it is stopped. */
export function startLoad(urls: readonly string[]): SteadyLoad {
  const startedMs = performance.now();
  const failures: string[] = [];
  let answered = 0;
  let over = false;
  const ask = async (url: string): Promise<void> => {
    while (!over) {
      try {
        await get(url);
        answered += 1;
      } catch (error) {
        failures.push(`+${Math.round(performance.now() - startedMs)} ms ${url}: ${(error as Error).message}`);
      }
      await delay(PAUSE_MS);
    }
  };
  const asking = urls.map(ask);
  return {
    get answered() {
      return answered;
    },
    async stop() {
      over = true;
      await Promise.all(asking);
      return { answered, failures };
    },
  };
}

/** One GET on a connection of its own; rejects unless it is answered 200 within 5 s. */
export function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, timeout: LIMIT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer in ${LIMIT_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end();
  });
}
