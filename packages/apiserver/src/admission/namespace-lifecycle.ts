import type { Namespace, Persisted } from '@kubelab/api';
import { ApiError, namespaces, notFound, qualifiedName } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { forbiddenObject } from './forbidden-object.js';

/** Namespaces that the cluster cannot be without. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is made in a namespace that is absent or going; system namespaces are not deleted. */
export function namespaceLifecycle(storage: Storage): AdmissionPlugin {
  const stored = storage.forResource(namespaces);
  // What is in the cache says whether a namespace is going, and which pods it takes (Pod Security).
  stored.observe(() => {}, { decides: true });

  async function find(name: string): Promise<Persisted<Namespace>> {
    // The cache may lag behind a namespace made a moment ago, so only what it has is believed.
    const found = stored.getCached({ namespace: '', name }) ?? (await stored.get({ namespace: '', name }));
    if (found === undefined) throw notFound(namespaces, name);
    return found.object;
  }

  return {
    name: 'NamespaceLifecycle',
    async admit(request) {
      if (request.operation === 'DELETE') return refuseImmortal(request);
      const { namespace } = request.key;
      if (request.operation !== 'CREATE' || namespace === '') return;
      const { metadata, status } = await find(namespace);
      if (metadata.deletionTimestamp === undefined && status?.phase !== 'Terminating') return;
      throw terminating(request, namespace);
    },
  };
}

function refuseImmortal({ resource, key }: AdmissionRequest): void {
  if (resource.plural !== namespaces.plural || resource.group !== '' || !IMMORTAL.has(key.name)) return;
  throw forbiddenObject(namespaces, key.name, 'this namespace may not be deleted');
}

function terminating({ resource, key }: AdmissionRequest, namespace: string): ApiError {
  return new ApiError(
    'Forbidden',
    `${qualifiedName(resource)} "${key.name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      details: {
        name: key.name,
        kind: resource.plural,
        ...(resource.group ? { group: resource.group } : {}),
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    },
  );
}
