import { parseKey, pods } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import type { Plugin } from '../framework.js';

/** Binds by the API: the pod's `binding` subresource. */
export function defaultBinder(client: Pick<ApiClient, 'createSubresource'>): Plugin {
  return {
    name: 'DefaultBinder',
    events: [],
    async bind({ pod, node, annotations, trace }) {
      const { namespace, name } = parseKey(pod.key);
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid: pod.uid, ...(annotations ? { annotations } : {}) },
        target: { apiVersion: 'v1', kind: 'Node', name: node.name },
      };
      await client.createSubresource(pods, { namespace, name }, 'binding', binding, { trace });
      return undefined;
    },
  };
}
