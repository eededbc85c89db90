import { setTimeout as delay } from 'node:timers/promises';
import { type RestClient, RestError } from '../../cluster/rest-client.js';
import type { Churn, Template } from '../workload/workload.js';
import { pathOfKind } from './create-any.js';
import type { RunContext } from './run-context.js';

/** Objects of one template that come and go. */
interface ChurnedKind {
  readonly template: Template;
  readonly collection: string;
  readonly names: string[];
}

/** Begins to make objects come, and go, until the workload ends; resolves at once. */
export async function churn(operation: Churn, index: number, context: RunContext): Promise<void> {
  const { client } = context.target;
  const namespace = operation.namespace ?? `namespace-${index}`;
  const kinds: ChurnedKind[] = [];
  for (const template of operation.templates) {
    const where = await pathOfKind(client, template);
    if (where.namespaced) await context.namespaces.ensure(namespace);
    kinds.push({ template, collection: where.collection(namespace), names: [] });
  }
  const running = churnOn(operation, kinds, context);
  // Its failure is the workload's, at its end.
  running.catch(() => undefined);
  context.churns.push(running);
}

async function churnOn(operation: Churn, kinds: readonly ChurnedKind[], context: RunContext): Promise<void> {
  const { churnStop: signal, target } = context;
  const most = operation.number === 0 ? Number.POSITIVE_INFINITY : operation.number;
  while (!signal.aborted) {
    for (const kind of kinds) {
      if (operation.mode === 'recreate' && kind.names.length >= most) await removeAll(target.client, kind);
      else if (kind.names.length < most) await addOne(context, kind);
    }
    await delay(operation.intervalMs, undefined, { signal }).catch(() => undefined);
  }
  for (const kind of kinds) await removeAll(target.client, kind);
}

async function addOne(context: RunContext, { template, collection, names }: ChurnedKind): Promise<void> {
  const name = `${template.metadata?.generateName ?? template.metadata?.name ?? 'churn-'}${context.nextNumber()}`;
  const metadata = { ...template.metadata, generateName: undefined, name };
  await context.target.client.create(collection, { ...template, metadata });
  names.push(name);
}

async function removeAll(client: RestClient, { collection, names }: ChurnedKind): Promise<void> {
  for (const name of names.splice(0))
    await client.delete(`${collection}/${name}`).catch((error: unknown) => {
      if (!(error instanceof RestError && error.status === 404)) throw error;
    });
}
