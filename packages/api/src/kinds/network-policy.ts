import type { NetworkPolicy } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import { networkPolicyWarnings, validateNetworkPolicy } from '../validation/network-policy.js';

const networkPolicyStrategy: ResourceStrategy<NetworkPolicy> = {
  tracksGeneration: true,
  setDefaults(policy) {
    policy.spec ??= {};
    const { spec } = policy;
    for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
    spec.podSelector ??= {};
    if ((spec.policyTypes ?? []).length > 0) return;
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: validateNetworkPolicy,
  warnings: networkPolicyWarnings,
};

export const networkPolicies: ResourceType<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  categories: [],
  namespaced: true,
  definition: 'NetworkPolicy',
  subresources: [],
  columns: [
    nameColumn<NetworkPolicy>(),
    column('Pod-Selector', 'string', 'The pods that the policy is for.', ({ spec }) =>
      formatLabelSelector(spec?.podSelector ?? {}),
    ),
    ageColumn<NetworkPolicy>(),
  ],
  selectableFields: {},
  strategy: networkPolicyStrategy,
};
