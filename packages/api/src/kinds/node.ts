import type { Node } from '../generated/types.js';
import { ageColumn, column, nameColumn, orNone, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateNode, validateNodeStatusUpdate, validateNodeUpdate } from '../validation/node.js';
import { canonicalizeList } from './canonical-amounts.js';

const ROLE_LABEL_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** A kubelet creates its node with a status, so a new one keeps it. */
const nodeStrategy: ResourceStrategy<Node> = {
  tracksGeneration: false,
  setDefaults(node) {
    const { spec, status } = node;
    // podCIDR is the older field, and always the first of podCIDRs.
    if (spec?.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
    else if (spec?.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0];
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
    canonicalizeList(status?.capacity);
    canonicalizeList(status?.allocatable);
  },
  prepareForUpdate(node, old) {
    node.status = old.status;
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeStatusUpdate,
};

const nodeColumns: readonly PrinterColumn<Node>[] = [
  nameColumn<Node>(),
  column('Status', 'string', 'Whether the node is ready, and whether it takes pods.', (node) => {
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
    return node.spec?.unschedulable ? `${state},SchedulingDisabled` : state;
  }),
  column('Roles', 'string', 'What the node is for, from its labels.', (node) => orNone(rolesOf(node).join(','))),
  ageColumn<Node>(),
  column('Version', 'string', 'The version of the kubelet.', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
  wideColumn('Internal-IP', 'The address inside the cluster.', (node) => addressOf(node, 'InternalIP')),
  wideColumn('External-IP', 'The address outside the cluster.', (node) => addressOf(node, 'ExternalIP')),
  wideColumn('OS-Image', 'The operating system.', ({ status }) => status?.nodeInfo?.osImage || '<unknown>'),
  wideColumn('Kernel-Version', 'The kernel.', ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>'),
  wideColumn('Container-Runtime', 'What runs the containers, and its version.', ({ status }) => {
    return status?.nodeInfo?.containerRuntimeVersion || '<unknown>';
  }),
];

function rolesOf({ metadata }: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) {
    const role = key.startsWith(ROLE_LABEL_PREFIX)
      ? key.slice(ROLE_LABEL_PREFIX.length)
      : key === ROLE_LABEL
        ? value
        : '';
    if (role !== '') roles.add(role);
  }
  return [...roles].sort();
}

function addressOf({ status }: Node, type: string): string {
  return orNone(status?.addresses?.find((address) => address.type === type)?.address);
}

export const nodes: ResourceType<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  namespaced: false,
  definition: 'Node',
  subresources: [
    { name: 'status', kind: 'Node', verbs: ['get', 'patch', 'update'] },
    { name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  ],
  columns: nodeColumns,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  strategy: nodeStrategy,
};
