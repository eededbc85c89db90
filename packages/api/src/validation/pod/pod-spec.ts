import type { FieldError } from '../../errors.js';
import type { PodSpec } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { invalidEach, invalidValue, required } from '../field-error.js';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName, rangeText } from '../names.js';
import { validateLabels } from '../object-meta.js';
import { MAX_INT32, oneOf, optionalOneOf } from '../values.js';
import { validateAffinity } from './affinity.js';
import { validateContainers, validateHostNetworkPorts } from './containers.js';
import { validateDnsConfig, validateHostAliases } from './dns.js';
import { validateEphemeralContainers } from './ephemeral-containers.js';
import { validateSchedulingGates, validateTolerations, validateTopologySpread } from './placement.js';
import { validateResourceClaims } from './resource-claims.js';
import { validateResourceList, validateResourceName, validateResourceRequirements } from './resources.js';
import { validateHostUsers, validatePodSecurityContext } from './security-context.js';
import { validateVolumes } from './volumes.js';

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** A pod's spec after defaulting, in a pod or in a template. */
export function validatePodSpec(spec: DeepReadonly<PodSpec> | undefined, path: string): FieldError[] {
  if (spec === undefined) return [required(`${path}.containers`)];
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`);
  return [
    ...volumes.errors,
    ...validateResourceClaims(spec, path),
    ...validateContainers(spec, volumes.names, path),
    ...validateEphemeralContainers(spec, volumes.names),
    ...(spec.resources ? validateResourceRequirements(spec.resources, `${path}.resources`) : []),
    ...validateHostNetworkPorts(spec, `${path}.containers`),
    ...oneOf(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${path}.securityContext`),
    ...validateHostUsers(spec, path),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDnsConfig(spec, `${path}.dnsConfig`),
    ...validateReadinessGates(spec, path),
    ...validateSchedulingGates(spec.schedulingGates ?? [], `${path}.schedulingGates`),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...validateNamesInSpec(spec, path),
    ...validateDeadline(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(spec.hostAliases ?? [], `${path}.hostAliases`),
    ...optionalOneOf(`${path}.preemptionPolicy`, spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']),
    ...validateResourceList(spec.overhead ?? {}, `${path}.overhead`, validateResourceName),
    ...(spec.os ? oneOf(`${path}.os.name`, spec.os.name, ['linux', 'windows']) : []),
  ];
}

function validateReadinessGates(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType = '' }, i) =>
    invalidEach(`${path}.readinessGates[${i}].conditionType`, conditionType, checkQualifiedName(conditionType)),
  );
}

function validateNamesInSpec(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  const rules = {
    serviceAccountName: checkDnsSubdomain,
    nodeName: checkDnsSubdomain,
    hostname: checkDnsLabel,
    subdomain: checkDnsLabel,
    priorityClassName: checkDnsSubdomain,
    runtimeClassName: checkDnsSubdomain,
  } as const;
  return Object.entries(rules).flatMap(([field, rule]) => {
    const name = spec[field as keyof typeof rules] ?? '';
    return name === '' ? [] : invalidEach(`${path}.${field}`, name, rule(name));
  });
}

function validateDeadline(seconds: number | undefined, path: string): FieldError[] {
  const isValid = seconds === undefined || (seconds >= 1 && seconds <= MAX_INT32);
  return isValid ? [] : [invalidValue(path, seconds, rangeText(1, MAX_INT32))];
}
