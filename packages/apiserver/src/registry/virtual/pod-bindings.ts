import { bindings, pods, type ResourceType } from '@kubelab/api';
import { bindPod } from '../binding.js';
import type { Registry } from '../registry.js';
import type { VirtualResource } from './virtual-resource.js';

/** `create` on bindings: as on pods/binding, the pod being named in the body. */
export function podBindings(registry: () => Registry): VirtualResource {
  return {
    resource: bindings as unknown as ResourceType,
    create: (key, body, options, context) => bindPod(registry().scope(pods), key, body, options, context),
  };
}
