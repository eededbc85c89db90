import { type ClientOptions, type ComponentContext, readTlsMaterial } from '@kubelab/runtime';
import { createApiClient, type SessionApiClient } from './create-api-client.js';

/** As managedFields name Kubernetes' own components. */
const FIELD_MANAGERS: Readonly<Record<string, string>> = {
  'controller-manager': 'kube-controller-manager',
  proxy: 'kube-proxy',
  scheduler: 'kube-scheduler',
};

/**
 * A client for leader election alone: on a connection of its own, as a renewal
 * must not wait until the lists of a component that has just begun to lead are
 * read. Rejects where a file cannot be read. Whoever made it closes it.
 */
export async function createElectionClient(
  options: ClientOptions,
  { log }: Pick<ComponentContext, 'log'>,
  component: string,
): Promise<SessionApiClient> {
  const tls = await readTlsMaterial(options);
  const fieldManager = fieldManagerOf(component);
  return createApiClient({ addresses: options.apiserver, tls, component: `${component}/election`, fieldManager, log });
}

/**
 * A component's client, from its flags: reads the certificates, reports the
 * component's spans through it, and makes the component ready only while it is
 * connected. Rejects where a file cannot be read. Whoever made it closes it.
 */
export async function createComponentClient(
  options: ClientOptions,
  context: ComponentContext,
  component: string,
): Promise<SessionApiClient> {
  const client = createApiClient({
    addresses: options.apiserver,
    tls: await readTlsMaterial(options),
    component,
    fieldManager: fieldManagerOf(component),
    log: context.log,
    tracer: context.tracer,
  });
  context.health.add('apiserver', 'ready', () => {
    if (!client.connected) throw new Error('not connected to the apiserver');
  });
  return client;
}

function fieldManagerOf(component: string): string {
  return FIELD_MANAGERS[component.split('/', 1)[0] ?? ''] ?? component;
}
