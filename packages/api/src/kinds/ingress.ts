import type { Ingress } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import {
  INGRESS_CLASS_ANNOTATION,
  validateIngress,
  validateIngressCreate,
  validateIngressStatusUpdate,
} from '../validation/ingress.js';

const SHOWN_HOSTS = 3;

const ingressStrategy: ResourceStrategy<Ingress> = {
  tracksGeneration: true,
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  prepareForUpdate(ingress, old) {
    ingress.status = old.status;
  },
  validate: validateIngress,
  validateCreate: validateIngressCreate,
  validateStatusUpdate: validateIngressStatusUpdate,
  warnings({ metadata, spec }, old) {
    const isOld = metadata?.annotations?.[INGRESS_CLASS_ANNOTATION] !== undefined;
    if (old !== undefined || !isOld || spec?.ingressClassName !== undefined) return [];
    return [`annotation "${INGRESS_CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`];
  },
};

function hostsText({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const shown: string[] = [];
  let hasMore = false;
  for (const { host } of rules) {
    if (shown.length === SHOWN_HOSTS) hasMore = true;
    else if (host) shown.push(host);
  }
  if (shown.length === 0) return '*';
  return hasMore ? `${shown.join(',')} + ${rules.length - SHOWN_HOSTS} more...` : shown.join(',');
}

function addressText({ status }: Ingress): string {
  const all = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(all.filter((text) => text !== ''))].sort().join(',');
}

const columns: readonly PrinterColumn<Ingress>[] = [
  nameColumn<Ingress>(),
  column('Class', 'string', 'Which controller serves the ingress.', ({ spec }) => spec?.ingressClassName ?? '<none>'),
  column('Hosts', 'string', 'The hosts that the rules are for.', hostsText),
  column('Address', 'string', 'Where the ingress is reached.', addressText),
  column('Ports', 'string', 'The ports that are open: the second only with TLS.', ({ spec }) =>
    (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
  ),
  ageColumn<Ingress>(),
];

export const ingresses: ResourceType<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  categories: [],
  namespaced: true,
  definition: 'Ingress',
  subresources: [{ name: 'status', kind: 'Ingress', verbs: ['get', 'patch', 'update'] }],
  columns,
  selectableFields: {},
  strategy: ingressStrategy,
};
