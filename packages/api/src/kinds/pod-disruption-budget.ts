import type { PodDisruptionBudget } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatusUpdate,
} from '../validation/pod-disruption-budget.js';

const podDisruptionBudgetStrategy: ResourceStrategy<PodDisruptionBudget> = {
  tracksGeneration: true,
  nameRule: 'pathSegment',
  allowUnconditionalUpdate: false,
  prepareForCreate(budget) {
    budget.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  prepareForUpdate(budget, old) {
    budget.status = old.status;
  },
  validate: validatePodDisruptionBudget,
  validateStatusUpdate: validatePodDisruptionBudgetStatusUpdate,
};

export const podDisruptionBudgets: ResourceType<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  categories: [],
  namespaced: true,
  definition: 'PodDisruptionBudget',
  subresources: [{ name: 'status', kind: 'PodDisruptionBudget', verbs: ['get', 'patch', 'update'] }],
  columns: [
    nameColumn<PodDisruptionBudget>(),
    column('Min Available', 'string', 'How many pods must stay.', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', 'string', 'How many pods may be missing.', ({ spec }) => {
      return String(spec?.maxUnavailable ?? 'N/A');
    }),
    column('Allowed Disruptions', 'integer', 'How many pods may be evicted now.', ({ status }) => {
      return status?.disruptionsAllowed ?? 0;
    }),
    ageColumn<PodDisruptionBudget>(),
  ],
  selectableFields: {},
  strategy: podDisruptionBudgetStrategy,
};
