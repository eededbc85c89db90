import type { FieldError } from '../../errors.js';
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { invalidEach, invalidValue, required } from '../field-error.js';
import { validateLabelSelector } from '../label-selector.js';
import { checkDnsLabel } from '../names.js';
import { validateNodeSelector, validateNodeSelectorTerm } from '../node-selector.js';
import { validateLabelKey } from '../object-meta.js';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: DeepReadonly<Affinity> | undefined, path: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ];
}

function validateNodeAffinity(affinity: DeepReadonly<NodeAffinity>, path: string): FieldError[] {
  const needed = affinity[REQUIRED];
  return [
    ...(needed ? validateNodeSelector(needed, `${path}.${REQUIRED}`) : []),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, preference }, i) => [
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      ...validateNodeSelectorTerm(preference ?? {}, `${path}.${PREFERRED}[${i}].preference`),
    ]),
  ];
}

function validatePodAffinity(affinity: DeepReadonly<PodAffinity>, path: string): FieldError[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, i) => validatePodAffinityTerm(term, `${path}.${REQUIRED}[${i}]`)),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, podAffinityTerm }, i) => [
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      ...validatePodAffinityTerm(podAffinityTerm ?? { topologyKey: '' }, `${path}.${PREFERRED}[${i}].podAffinityTerm`),
    ]),
  ];
}

function validatePodAffinityTerm(term: DeepReadonly<PodAffinityTerm>, path: string): FieldError[] {
  const topologyKey = term.topologyKey ?? '';
  return [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => invalidEach(`${path}.namespace`, name, checkDnsLabel(name))),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...validateLabelKey(topologyKey, `${path}.topologyKey`),
  ];
}

function validateWeight(weight: number, path: string): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];
}
