import type { ComponentStatus } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';

type Condition = NonNullable<ComponentStatus['conditions']>[number];

/** How the control plane does, asked for and not kept. Deprecated in Kubernetes since 1.19. */
export const componentStatuses: ResourceType<ComponentStatus> = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  categories: [],
  namespaced: false,
  definition: 'ComponentStatus',
  subresources: [],
  columns: [
    nameColumn<ComponentStatus>(),
    column('Status', 'string', 'Whether it is healthy.', (status) => {
      const condition = healthOf(status);
      if (condition === undefined) return 'Unknown';
      return condition.status === 'True' ? 'Healthy' : 'Unhealthy';
    }),
    column('Message', 'string', 'What it answers.', (status) => healthOf(status)?.message ?? ''),
    column('Error', 'string', 'Why it does not answer.', (status) => healthOf(status)?.error ?? ''),
    { ...ageColumn<ComponentStatus>(), priority: 1 },
  ],
  selectableFields: {},
  strategy: {},
  verbs: ['get', 'list'],
  stored: false,
};

function healthOf({ conditions }: ComponentStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Healthy');
}
