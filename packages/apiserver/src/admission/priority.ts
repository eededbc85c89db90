import type { AdmissionPlugin } from './admission.js';
import { forbiddenObject } from './forbidden-object.js';
import { newPod } from './new-pod.js';

/** The classes that every cluster has. */
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** Turns a pod's priorityClassName into its priority; no name is priority 0. */
export function priority(): AdmissionPlugin {
  return {
    name: 'Priority',
    admit(request) {
      const spec = newPod(request)?.spec;
      if (spec === undefined) return;
      const className = spec.priorityClassName ?? '';
      const value = className === '' ? 0 : SYSTEM_CLASSES[className];
      const { resource, key } = request;
      if (value === undefined)
        throw forbiddenObject(resource, key.name, `no PriorityClass with name ${className} was found`);
      if (spec.priority !== undefined && spec.priority !== value) {
        throw forbiddenObject(
          resource,
          key.name,
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        );
      }
      spec.priority = value;
      spec.preemptionPolicy ??= 'PreemptLowerPriority';
    },
  };
}
