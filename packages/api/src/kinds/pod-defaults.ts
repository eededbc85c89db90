import type {
  Container,
  HTTPGetAction,
  Lifecycle,
  Pod,
  PodSpec,
  Probe,
  Quantity,
  ResourceRequirements,
  Volume,
} from '../generated/types.js';
import { canonicalizeList, canonicalOrSame } from './canonical-amounts.js';
import { setClaimSpecDefaults } from './claim-defaults.js';
import { dropGatedFields } from './pod-gated-fields.js';

const DEFAULT_FILE_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

/** What Kubernetes fills into a pod, beyond what it fills into a template's spec. */
export function setPodDefaults(pod: Pod): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  for (const container of allContainers(spec)) {
    setRequestsFromLimits(container.resources);
    if (spec.hostNetwork === true) setHostPorts(container);
  }
  setRequestsFromLimits(spec.resources);
}

/** A pod's or a template's spec. */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.schedulerName ||= 'default-scheduler';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.securityContext ??= {};
  setServiceAccountAlias(spec);
  for (const container of [...allContainers(spec), ...(spec.ephemeralContainers ?? [])]) {
    setContainerDefaults(container);
  }
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  canonicalizeResources(spec.resources);
  canonicalizeList(spec.overhead);
  // Last: a volume that loses its source so is refused, and not made an emptyDir.
  dropGatedFields(spec);
}

function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always there, and the new one wins. */
function setServiceAccountAlias(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function setContainerDefaults(container: Container): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  canonicalizeResources(container.resources);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) setProbeDefaults(probe);
  }
  setLifecycleDefaults(container.lifecycle);
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
    setDivisorDefault(valueFrom?.resourceFieldRef);
  }
}

/** An image without a tag is its latest; one named by digest never changes. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const [reference = '', digest] = image.split('@');
  const tag = /:([^/:]*)$/.exec(reference)?.[1];
  if (image === '' || digest !== undefined) return tag === 'latest' ? 'Always' : 'IfNotPresent';
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  setHttpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function setLifecycleDefaults(lifecycle: Lifecycle | undefined): void {
  setHttpGetDefaults(lifecycle?.postStart?.httpGet);
  setHttpGetDefaults(lifecycle?.preStop?.httpGet);
}

function setHttpGetDefaults(action: HTTPGetAction | undefined): void {
  if (action === undefined) return;
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}

function setDivisorDefault(selector: { divisor?: Quantity } | undefined): void {
  if (selector !== undefined) selector.divisor = canonicalOrSame(selector.divisor ?? '0');
}

function setVolumeDefaults(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.emptyDir?.sizeLimit !== undefined) {
    volume.emptyDir.sizeLimit = canonicalOrSame(volume.emptyDir.sizeLimit);
  }
  if (volume.hostPath) volume.hostPath.type ??= '';
  for (const files of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (files) files.defaultMode ??= DEFAULT_FILE_MODE;
  }
  setDownwardDefaults(volume.downwardAPI);
  for (const source of volume.projected?.sources ?? []) {
    setDownwardDefaults(source.downwardAPI);
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= DEFAULT_TOKEN_SECONDS;
  }
  const claimSpec = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claimSpec) setClaimSpecDefaults(claimSpec);
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default';
}

function setDownwardDefaults(source: Volume['downwardAPI']): void {
  for (const { fieldRef, resourceFieldRef } of source?.items ?? []) {
    if (fieldRef) fieldRef.apiVersion ||= 'v1';
    setDivisorDefault(resourceFieldRef);
  }
}

function setRequestsFromLimits(resources: ResourceRequirements | undefined): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

function setHostPorts(container: Container): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

function canonicalizeResources(resources: ResourceRequirements | undefined): void {
  canonicalizeList(resources?.limits);
  canonicalizeList(resources?.requests);
}
