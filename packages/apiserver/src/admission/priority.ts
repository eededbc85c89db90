import { type Persisted, type Pod, type PodSpec, type PriorityClass, priorityClasses } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { clusterObjects } from './cluster-objects.js';
import { forbiddenObject } from './forbidden-object.js';
import { newPod, writtenPod } from './new-pod.js';

/** What a pod gets of its class, or of the default one. */
interface Priority {
  readonly className: string;
  readonly value: number;
  readonly preemptionPolicy: string | undefined;
}

/** Without any class. */
const NONE: Priority = { className: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' };

/** Turns a pod's priorityClassName into its priority, and keeps the default class the only one. */
export function priority(storage: Storage): AdmissionPlugin {
  const stored = storage.forResource(priorityClasses);
  const classes = clusterObjects<PriorityClass>(stored);

  async function priorityOf(request: AdmissionRequest, className: string): Promise<Priority> {
    if (className === '') return defaultPriority(classes());
    const key = { namespace: '', name: className };
    const found = (stored.getCached(key) ?? (await stored.get(key)))?.object;
    if (found !== undefined) return { className, value: found.value, preemptionPolicy: found.preemptionPolicy };
    throw forbiddenObject(request.resource, request.key.name, `no PriorityClass with name ${className} was found`);
  }

  return {
    name: 'Priority',
    async admit(request) {
      if (request.operation === 'UPDATE') return keepPriority(request);
      const spec = newPod(request)?.spec;
      if (spec !== undefined) setPriority(request, spec, await priorityOf(request, spec.priorityClassName ?? ''));
    },
    validate({ resource, operation, subresource, object, key }) {
      if (resource.plural !== priorityClasses.plural || resource.group !== priorityClasses.group) return;
      if (operation === 'DELETE' || subresource !== '' || (object as PriorityClass).globalDefault !== true) return;
      const present = defaultClass(classes());
      if (present === undefined || present.metadata.name === key.name) return;
      const why = `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`;
      throw forbiddenObject(resource, key.name, why);
    },
  };
}

/** What a client does not repeat stays: it never said so itself, and may not change it. */
function keepPriority(request: AdmissionRequest): void {
  const spec = writtenPod(request)?.spec;
  const old = (request.old as Persisted<Pod> | undefined)?.spec;
  if (spec === undefined || old === undefined) return;
  spec.priority ??= old.priority;
  spec.preemptionPolicy ??= old.preemptionPolicy;
}

function setPriority({ resource, key }: AdmissionRequest, spec: PodSpec, computed: Priority): void {
  const { className, value, preemptionPolicy } = computed;
  const from = 'priority admission controller computed';
  if (spec.priority !== undefined && spec.priority !== value) {
    const given = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
    throw forbiddenObject(resource, key.name, `${given}; ${from} ${value} from the given PriorityClass name`);
  }
  if (preemptionPolicy !== undefined && spec.preemptionPolicy && spec.preemptionPolicy !== preemptionPolicy) {
    const given = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec`;
    throw forbiddenObject(
      resource,
      key.name,
      `${given}; ${from} ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  if (className !== '') spec.priorityClassName = className;
  spec.priority = value;
  if (preemptionPolicy !== undefined) spec.preemptionPolicy = preemptionPolicy;
}

function defaultPriority(classes: readonly Persisted<PriorityClass>[]): Priority {
  const found = defaultClass(classes);
  if (found === undefined) return NONE;
  return { className: found.metadata.name, value: found.value, preemptionPolicy: found.preemptionPolicy };
}

/** Two servers may have let in one each: the lower one counts. */
function defaultClass(classes: readonly Persisted<PriorityClass>[]): Persisted<PriorityClass> | undefined {
  return classes
    .filter(({ globalDefault }) => globalDefault === true)
    .sort((left, right) => left.value - right.value)[0];
}
