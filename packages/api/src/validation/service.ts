import { isIP } from 'node:net';
import type { FieldError } from '../errors.js';
import type { Service, ServicePort, ServiceSpec } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { checkDnsLabel, checkDnsSubdomain, checkPortNumber, checkQualifiedName } from './names.js';
import { validateLabels } from './object-meta.js';
import { cidr, ipAddress, nonSpecialIp, oneOf, optionalOneOf, PROTOCOLS, portNumberOrName } from './values.js';

type Spec = DeepReadonly<ServiceSpec>;

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const KUBELET_PORT = 10250;
const MAX_AFFINITY_SECONDS = 86_400;

/** A Service after its address and node ports have been given. Ranges are the apiserver's to check. */
export function validateService(service: DeepReadonly<Service>): FieldError[] {
  const spec: Spec = service.spec ?? {};
  const errors: FieldError[] = [];
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  return [
    ...errors,
    ...validateTypeRules(spec),
    ...validatePorts(ports),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateSessionAffinity(spec),
    ...validateAddresses(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => externalIp(`spec.externalIPs[${i}]`, ip)),
    ...oneOf('spec.type', spec.type, TYPES),
    ...validateNodePorts(spec),
    ...validateDuplicatePorts(ports),
    ...validateLoadBalancerFields(spec),
    ...validateTrafficPolicies(spec),
  ];
}

function externalIp(path: string, ip: string): FieldError[] {
  const errors = ipAddress(path, ip);
  return errors.length > 0 ? errors : nonSpecialIp(path, ip);
}

function isHeadless(spec: Spec): boolean {
  return spec.clusterIP === 'None' || (spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None');
}

function validateTypeRules(spec: Spec): FieldError[] {
  const ports = spec.ports ?? [];
  const errors: FieldError[] = [];
  if (spec.type === 'LoadBalancer') {
    ports.forEach(({ port }, i) => {
      const text = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      if (port === KUBELET_PORT) errors.push(invalidValue(`spec.ports[${i}]`, port, text));
    });
  }
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    const text = `may not be set to 'None' for ${spec.type} services`;
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', text));
  }
  if (spec.type === 'ExternalName') errors.push(...validateExternalName(spec));
  return errors;
}

function validateExternalName(spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const absent = {
    clusterIPs: spec.clusterIPs?.length,
    ipFamilies: spec.ipFamilies?.length,
    ipFamilyPolicy: spec.ipFamilyPolicy,
  };
  for (const [field, value] of Object.entries(absent)) {
    if (value) errors.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else errors.push(...invalidEach('spec.externalName', name, checkDnsSubdomain(name)));
  return errors;
}

function validatePorts(ports: DeepReadonly<ServicePort[]>): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = `spec.ports[${i}]`;
    const { name = '', port: number = 0, appProtocol } = port;
    const errors: FieldError[] = [];
    if (name !== '') {
      errors.push(...invalidEach(`${path}.name`, name, checkDnsLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    } else if (ports.length > 1) {
      errors.push(required(`${path}.name`));
    }
    return [
      ...errors,
      ...invalidEach(`${path}.port`, number, checkPortNumber(number)),
      ...oneOf(`${path}.protocol`, port.protocol, PROTOCOLS),
      ...portNumberOrName(`${path}.targetPort`, port.targetPort),
      ...(appProtocol === undefined
        ? []
        : invalidEach(`${path}.appProtocol`, appProtocol, checkQualifiedName(appProtocol))),
    ];
  });
}

function validateSessionAffinity(spec: Spec): FieldError[] {
  const path = 'spec.sessionAffinityConfig';
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    errors.push(forbidden(path, 'must not be set when session affinity is None'));
  }
  if (spec.sessionAffinity !== 'ClientIP') return errors;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined) return [...errors, required(path, 'when session affinity type is ClientIP')];
  if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    const text = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
    errors.push(invalidValue(`${path}.clientIP.timeoutSeconds`, seconds, text));
  }
  return errors;
}

function validateAddresses(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  }
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required('spec.clusterIPs'));
  if (clusterIPs.length > 2) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  }
  clusterIPs.forEach((ip, i) => {
    const path = `spec.clusterIPs[${i}]`;
    if (ip === 'None' && i > 0) errors.push(invalidValue(path, ip, "'None' must be the first and only value"));
    else if (ip !== 'None') errors.push(...ipAddress(path, ip));
  });
  errors.push(...ipFamilies.flatMap((family, i) => oneOf(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6'])));
  if (ipFamilies.length === 2 && ipFamilies[0] === ipFamilies[1]) {
    errors.push(duplicate('spec.ipFamilies[1]', ipFamilies[1]));
  }
  const policies = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
  errors.push(...optionalOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, policies));
  return [...errors, ...validateFamilyOfAddress(clusterIPs, ipFamilies)];
}

function validateFamilyOfAddress(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    const version = isIP(ip);
    const family = ipFamilies[i];
    if (version === 0 || family === undefined || family === `IPv${version}`) return [];
    const text = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    return [invalidValue(`spec.clusterIPs[${i}]`, ip, text)];
  });
}

function validateNodePorts(spec: Spec): FieldError[] {
  const seen = new Set<string>();
  return (spec.ports ?? []).flatMap(({ nodePort = 0, protocol }, i) => {
    const path = `spec.ports[${i}].nodePort`;
    if (nodePort === 0) return [];
    if (spec.type === 'ClusterIP') return [forbidden(path, "may not be used when `type` is 'ClusterIP'")];
    if (spec.type === 'ExternalName') return [forbidden(path, "may not be used when `type` is 'ExternalName'")];
    const key = `${protocol}/${nodePort}`;
    const errors = seen.has(key) ? [duplicate(path, nodePort)] : [];
    seen.add(key);
    return errors;
  });
}

function validateDuplicatePorts(ports: DeepReadonly<ServicePort[]>): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ port, protocol }, i) => {
    const key = `${protocol}/${port}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    // Kubernetes shows its inner type here, whose fields are capitalized.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    return [duplicate(`spec.ports[${i}]`, shown)];
  });
}

function validateLoadBalancerFields(spec: Spec): FieldError[] {
  const errors = (spec.loadBalancerSourceRanges ?? []).flatMap((range, i) =>
    cidr(`spec.LoadBalancerSourceRanges[${i}]`, range.trim()),
  );
  if (spec.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === undefined) errors.push(required('spec.allocateLoadBalancerNodePorts'));
    if (spec.loadBalancerClass !== undefined) {
      errors.push(
        ...invalidEach('spec.loadBalancerClass', spec.loadBalancerClass, checkQualifiedName(spec.loadBalancerClass)),
      );
    }
    return errors;
  }
  const text = "may only be used when `type` is 'LoadBalancer'";
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) errors.push(forbidden('spec.LoadBalancerSourceRanges', text));
  if (spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', text));
  if (spec.loadBalancerClass !== undefined) errors.push(forbidden('spec.loadBalancerClass', text));
  return errors;
}

function validateTrafficPolicies(spec: Spec): FieldError[] {
  const policies = ['Cluster', 'Local'];
  const { externalTrafficPolicy = '', internalTrafficPolicy, healthCheckNodePort = 0 } = spec;
  const isExternal =
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  const errors: FieldError[] = [];
  if (!isExternal && externalTrafficPolicy !== '') {
    const text = 'may only be set for externally-accessible services';
    errors.push(invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, text));
  } else if (externalTrafficPolicy !== '' && !policies.includes(externalTrafficPolicy)) {
    errors.push(notSupported('spec.externalTrafficPolicy', externalTrafficPolicy, policies));
  }
  if (healthCheckNodePort !== 0 && !(spec.type === 'LoadBalancer' && externalTrafficPolicy === 'Local')) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', healthCheckNodePort, text));
  }
  if (internalTrafficPolicy === undefined && spec.type !== 'ExternalName') {
    errors.push(required('spec.internalTrafficPolicy'));
  }
  const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  return [
    ...errors,
    ...optionalOneOf('spec.internalTrafficPolicy', internalTrafficPolicy, policies),
    ...optionalOneOf('spec.trafficDistribution', spec.trafficDistribution, distributions),
  ];
}

/** An address stays as long as the Service has one. */
export function validateServiceUpdate(service: DeepReadonly<Service>, old: DeepReadonly<Service>): FieldError[] {
  const before: Spec = old.spec ?? {};
  const after: Spec = service.spec ?? {};
  if (before.type === 'ExternalName' || after.type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  const oldAddress = before.clusterIPs?.[0] ?? before.clusterIP ?? '';
  const address = after.clusterIPs?.[0] ?? after.clusterIP ?? '';
  if (oldAddress !== '' && address !== oldAddress) {
    errors.push(invalidValue('spec.clusterIPs[0]', after.clusterIPs ?? [address], 'may not change once set'));
  }
  const oldFamily = before.ipFamilies?.[0];
  if (oldFamily !== undefined && after.ipFamilies?.[0] !== undefined && after.ipFamilies[0] !== oldFamily) {
    errors.push(invalidValue('spec.ipFamilies[0]', after.ipFamilies, 'may not change once set'));
  }
  if (
    before.type === 'LoadBalancer' &&
    after.type === 'LoadBalancer' &&
    after.loadBalancerClass !== before.loadBalancerClass
  ) {
    errors.push(invalidValue('spec.loadBalancerClass', after.loadBalancerClass, 'may not change once set'));
  }
  return errors;
}
