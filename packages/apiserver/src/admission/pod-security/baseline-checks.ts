import { quote } from '@kubelab/api';
import {
  allContainers,
  type Check,
  containersNamed,
  namesWhere,
  type PodToCheck,
  plural,
  quoted,
  setters,
  sortedSet,
  type Violation,
} from './check.js';
import { badSeccompProfiles } from './seccomp.js';

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_syncookies',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

/** The baseline level of the Pod Security Standards, in the order of the ids. */
export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', versions: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', versions: [[0, capabilities]] },
  { id: 'hostNamespaces', versions: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', versions: [[0, hostPathVolumes]] },
  { id: 'hostPorts', versions: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', versions: [[34, hostProbes]] },
  { id: 'privileged', versions: [[0, privileged]] },
  { id: 'procMount', versions: [[0, procMount]] },
  {
    id: 'seLinuxOptions',
    versions: [
      [0, (pod) => seLinuxOptions(pod, SELINUX_TYPES)],
      [31, (pod) => seLinuxOptions(pod, [...SELINUX_TYPES, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      [0, seccompAnnotations],
      [19, badSeccompProfiles],
    ],
  },
  {
    id: 'sysctls',
    versions: [
      [0, (pod) => sysctls(pod, SYSCTLS)],
      [27, (pod) => sysctls(pod, SYSCTLS_27)],
      [29, (pod) => sysctls(pod, SYSCTLS_29)],
      [32, (pod) => sysctls(pod, SYSCTLS_32)],
    ],
  },
  { id: 'windowsHostProcess', versions: [[0, windowsHostProcess]] },
];

function appArmorProfile({ metadata, spec }: PodToCheck): Violation | undefined {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const podType = spec.securityContext?.appArmorProfile?.type;
  const bad = allContainers(spec).filter(({ securityContext }) => isBad(securityContext?.appArmorProfile?.type));
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(([key]) => key.startsWith('container.apparmor.security.beta.kubernetes.io/'))
    .filter(([, value]) => value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .sort();
  const types = [
    ...(isBad(podType) ? [podType ?? ''] : []),
    ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''),
  ];
  const values = [...sortedSet(types), ...annotations];
  if (values.length === 0) return undefined;
  const who = setters(
    isBad(podType),
    bad.map(({ name }) => name),
  );
  const all = [who, annotations.length > 0 ? plural('annotation', 'annotations', annotations.length) : ''];
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${all.filter((part) => part !== '').join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

function capabilities({ spec }: PodToCheck): Violation | undefined {
  const added = ({ securityContext }: ReturnType<typeof allContainers>[number]) =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => !DEFAULT_CAPABILITIES.has(capability));
  const names = namesWhere(spec, (container) => added(container).length > 0);
  if (names.length === 0) return undefined;
  const forbidden = sortedSet(allContainers(spec).flatMap(added));
  return {
    reason: 'non-default capabilities',
    detail: `${containersNamed(names)} must not include ${quoted(forbidden)} in securityContext.capabilities.add`,
  };
}

function hostNamespaces({ spec }: PodToCheck): Violation | undefined {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  if (shared.length === 0) return undefined;
  return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
}

function hostPathVolumes({ spec }: PodToCheck): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
}

function hostPorts({ spec }: PodToCheck): Violation | undefined {
  const portsOf = ({ ports }: ReturnType<typeof allContainers>[number]) =>
    (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const names = namesWhere(spec, (container) => portsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = sortedSet(allContainers(spec).flatMap(portsOf));
  const use = plural('uses', 'use', names.length);
  return {
    reason: 'hostPort',
    detail: `${containersNamed(names)} ${use} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  };
}

function hostProbes({ spec }: PodToCheck): Violation | undefined {
  const hostsOf = (container: ReturnType<typeof allContainers>[number]) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop];
    return handlers.flatMap((handler) =>
      [handler?.httpGet?.host, handler?.tcpSocket?.host].flatMap((host) => (host ? [host] : [])),
    );
  };
  const names = sortedSet(namesWhere(spec, (container) => hostsOf(container).length > 0));
  if (names.length === 0) return undefined;
  const hosts = sortedSet(allContainers(spec).flatMap(hostsOf));
  const use = plural('uses', 'use', names.length);
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length);
  return { reason: 'probe or lifecycle host', detail: `${containersNamed(names)} ${use} ${what} ${quoted(hosts)}` };
}

function privileged({ spec }: PodToCheck): Violation | undefined {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return { reason: 'privileged', detail: `${containersNamed(names)} must not set securityContext.privileged=true` };
}

function procMount({ spec }: PodToCheck): Violation | undefined {
  const mountOf = ({ securityContext }: ReturnType<typeof allContainers>[number]) => {
    const mount = securityContext?.procMount;
    return mount === undefined || mount === 'Default' ? [] : [mount];
  };
  const names = namesWhere(spec, (container) => mountOf(container).length > 0);
  if (names.length === 0) return undefined;
  const mounts = sortedSet(allContainers(spec).flatMap(mountOf));
  return {
    reason: 'procMount',
    detail: `${containersNamed(names)} must not set securityContext.procMount to ${quoted(mounts)}`,
  };
}

function seLinuxOptions({ spec }: PodToCheck, types: readonly string[]): Violation | undefined {
  const all = [spec.securityContext?.seLinuxOptions];
  const isBad = (options: { type?: string; user?: string; role?: string } | undefined): boolean =>
    options !== undefined && (!types.includes(options.type ?? '') || !!options.user || !!options.role);
  for (const { securityContext } of allContainers(spec)) all.push(securityContext?.seLinuxOptions);
  const bad = all.filter(isBad);
  if (bad.length === 0) return undefined;
  const who = setters(
    isBad(spec.securityContext?.seLinuxOptions),
    namesWhere(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions)),
  );
  const badTypes = sortedSet(bad.map((options) => options?.type ?? '').filter((type) => !types.includes(type)));
  const what = [
    ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
    ...(bad.some((options) => options?.user) ? ['user may not be set'] : []),
    ...(bad.some((options) => options?.role) ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
  };
}

/** Before 1.19 the profiles were annotations. */
function seccompAnnotations({ metadata, spec }: PodToCheck): Violation | undefined {
  const annotations = metadata.annotations ?? {};
  const keys = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...allContainers(spec).map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  const bad = keys.flatMap((key) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
    if (value === undefined || value === 'runtime/default' || value === 'docker/default') return [];
    return value.startsWith('localhost/') ? [] : [`${key}=${quote(value)}`];
  });
  if (bad.length === 0) return undefined;
  const forbidden = sortedSet(bad);
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', 'annotations', forbidden.length)} ${forbidden.join(', ')}`,
  };
}

function sysctls({ spec }: PodToCheck, allowed: readonly string[]): Violation | undefined {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.includes(name));
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') };
}

function windowsHostProcess({ spec }: PodToCheck): Violation | undefined {
  const who = setters(
    spec.securityContext?.windowsOptions?.hostProcess === true,
    namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
  );
  if (who === '') return undefined;
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}
