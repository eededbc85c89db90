import type { FieldError } from '../errors.js';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { cidrWarnings, isStrictSubset, parseCidr } from './addresses.js';
import { forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { checkPortName, checkPortNumber } from './names.js';
import { cidr } from './values.js';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

interface Rule {
  readonly path: string;
  readonly ports: DeepReadonly<NetworkPolicyPort[]>;
  readonly peers: DeepReadonly<NetworkPolicyPeer[]>;
  readonly peersPath: string;
}

/** The rules of both directions, which differ in the name of their peers only. */
function rulesOf({ spec }: DeepReadonly<NetworkPolicy>): Rule[] {
  const ingress = (spec?.ingress ?? []).map(({ ports = [], from = [] }, i) => {
    const path = `spec.ingress[${i}]`;
    return { path, ports, peers: from, peersPath: `${path}.from` };
  });
  const egress = (spec?.egress ?? []).map(({ ports = [], to = [] }, i) => {
    const path = `spec.egress[${i}]`;
    return { path, ports, peers: to, peersPath: `${path}.to` };
  });
  return [...ingress, ...egress];
}

export function validateNetworkPolicy(policy: DeepReadonly<NetworkPolicy>): FieldError[] {
  return [
    ...validateLabelSelector(policy.spec?.podSelector, 'spec.podSelector'),
    ...rulesOf(policy).flatMap(({ path, ports, peers, peersPath }) => [
      ...ports.flatMap((port, i) => validatePort(port, `${path}.ports[${i}]`)),
      ...peers.flatMap((peer, i) => validatePeer(peer, `${peersPath}[${i}]`)),
    ]),
    ...validateTypes(policy.spec?.policyTypes ?? [], 'spec.policyTypes'),
  ];
}

function validateTypes(types: readonly string[], path: string): FieldError[] {
  if (types.length > POLICY_TYPES.length) {
    return [invalidValue(path, types, 'may not specify more than two policyTypes')];
  }
  return types.flatMap((type, i) =>
    POLICY_TYPES.includes(type) ? [] : [notSupported(`${path}[${i}]`, type, POLICY_TYPES)],
  );
}

function validatePort({ protocol, port, endPort }: DeepReadonly<NetworkPolicyPort>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  if (typeof port === 'number') {
    errors.push(...invalidEach(`${path}.port`, port, checkPortNumber(port)));
    if (endPort === undefined) return errors;
    if (endPort < port) {
      errors.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
    }
    return [...errors, ...invalidEach(`${path}.endPort`, endPort, checkPortNumber(endPort))];
  }
  if (endPort !== undefined) {
    const text = port === undefined ? 'is not specified' : 'is non-numeric';
    errors.push(invalidValue(`${path}.endPort`, endPort, `may not be specified when \`port\` ${text}`));
  }
  return port === undefined ? errors : [...errors, ...invalidEach(`${path}.port`, port, checkPortName(port))];
}

function validatePeer(peer: DeepReadonly<NetworkPolicyPeer>, path: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? validateIpBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length;
  if (count === 0) errors.push(required(path, 'must specify a peer'));
  else if (count > 1 && ipBlock) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateIpBlock(block: DeepReadonly<IPBlock>, path: string): FieldError[] {
  const { cidr: range = '', except = [] } = block;
  if (range === '') return [required(`${path}.cidr`)];
  const errors = cidr(`${path}.cidr`, range);
  const outer = parseCidr(range);
  if (outer === undefined) return errors;
  except.forEach((text, i) => {
    const inner = parseCidr(text);
    errors.push(...cidr(`${path}.except[${i}]`, text));
    if (inner !== undefined && !isStrictSubset(inner, outer)) {
      errors.push(invalidValue(`${path}.except[${i}]`, text, 'must be a strict subset of `cidr`'));
    }
  });
  return errors;
}

/** Ranges that may not mean what they seem to. */
export function networkPolicyWarnings(policy: DeepReadonly<NetworkPolicy>): string[] {
  return rulesOf(policy).flatMap(({ peers, peersPath }) =>
    peers.flatMap(({ ipBlock }, i) => {
      const path = `${peersPath}[${i}].ipBlock`;
      if (ipBlock === undefined) return [];
      return [
        ...cidrWarnings(`${path}.cidr`, ipBlock.cidr ?? ''),
        ...(ipBlock.except ?? []).flatMap((range, e) => cidrWarnings(`${path}.except[${e}]`, range)),
      ];
    }),
  );
}
