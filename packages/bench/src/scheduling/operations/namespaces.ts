import { type RestClient, RestError } from '../../cluster/rest-client.js';
import { until } from '../../measure/until.js';
import { RUN_LABEL } from '../target/plain-nodes.js';
import type { Template } from '../workload/workload.js';
import { createPersistently } from './create-persistently.js';

const LIMIT_MS = 60_000;
const REMOVAL_LIMIT_MS = 300_000;

/** The namespaces of a run. None of them may have been there before. */
export class Namespaces {
  readonly #made = new Set<string>();

  constructor(
    private readonly client: RestClient,
    private readonly signal: AbortSignal,
  ) {}

  /** Creates it, unless this run has, and waits for its default ServiceAccount, without which no pod is taken. */
  async ensure(name: string, template?: Template): Promise<void> {
    const { client, signal } = this;
    if (this.#made.has(name)) return;
    await this.#refusePresent(name);
    this.#made.add(name);
    const { metadata } = template ?? {};
    const labels = { ...metadata?.labels, [RUN_LABEL]: 'true' };
    const namespace = { ...template, apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await createPersistently(client, '/api/v1/namespaces', namespace, { signal, limitMs: LIMIT_MS });
    const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
    await until(`namespace ${name} has its ServiceAccount default`, () => present(client, account), {
      signal,
      limitMs: LIMIT_MS,
      everyMs: 50,
    });
  }

  /** Deletes them with all that is in them, and waits until they are gone. */
  async remove(): Promise<void> {
    const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
    const signal = AbortSignal.timeout(REMOVAL_LIMIT_MS);
    for (const name of this.#made) {
      const path = `/api/v1/namespaces/${name}`;
      try {
        await this.client.send({ method: 'DELETE', path: `${path}/pods`, body });
        await this.client.send({ method: 'DELETE', path });
      } catch (error) {
        if (!(error instanceof RestError && error.status === 404)) throw error;
      }
    }
    for (const name of this.#made)
      await until(
        `namespace ${name} is gone`,
        async () => !(await present(this.client, `/api/v1/namespaces/${name}`)),
        { signal, limitMs: REMOVAL_LIMIT_MS, everyMs: 200 },
      );
  }

  async #refusePresent(name: string): Promise<void> {
    if (await present(this.client, `/api/v1/namespaces/${name}`))
      throw new Error(`the namespace ${name} is there already: the workload would mix with what is in it`);
  }
}

async function present(client: RestClient, path: string): Promise<boolean> {
  try {
    await client.get(path);
    return true;
  } catch (error) {
    if (error instanceof RestError && error.status === 404) return false;
    throw error;
  }
}
