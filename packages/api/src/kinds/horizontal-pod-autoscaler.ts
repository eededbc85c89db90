import type {
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerSpec,
  V2HPAScalingRules,
  V2MetricTarget,
} from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatusUpdate,
} from '../validation/horizontal-pod-autoscaler.js';
import { formatMetrics } from './autoscaler-targets.js';
import { canonicalizeList } from './canonical-amounts.js';

const DEFAULT_CPU_PERCENT = 80;

const horizontalPodAutoscalerStrategy: ResourceStrategy<V2HorizontalPodAutoscaler> = {
  tracksGeneration: false,
  setDefaults(autoscaler) {
    autoscaler.spec ??= {} as V2HorizontalPodAutoscalerSpec;
    const { spec } = autoscaler;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_PERCENT };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    for (const metric of spec.metrics ?? []) {
      const source =
        metric.resource ?? metric.pods ?? metric.object ?? metric.external ?? metric.containerResource ?? undefined;
      if (source?.target) canonicalizeTarget(source.target);
    }
    setBehaviorDefaults(spec);
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
    for (const rules of rulesOf(autoscaler)) delete rules.tolerance;
  },
  prepareForUpdate(autoscaler, old) {
    autoscaler.status = old.status;
    // The gate HPAConfigurableTolerance is off in v1.34.
    if (rulesOf(old).some(({ tolerance }) => tolerance !== undefined)) return;
    for (const rules of rulesOf(autoscaler)) delete rules.tolerance;
  },
  validate: validateHorizontalPodAutoscaler,
  validateStatusUpdate: validateHorizontalPodAutoscalerStatusUpdate,
};

function rulesOf({ spec }: V2HorizontalPodAutoscaler): V2HPAScalingRules[] {
  return [spec?.behavior?.scaleUp, spec?.behavior?.scaleDown].filter((rules) => rules !== undefined);
}

function canonicalizeTarget(target: V2MetricTarget): void {
  for (const field of ['value', 'averageValue'] as const) {
    const quantity = target[field];
    if (quantity === undefined) continue;
    const list = { quantity };
    canonicalizeList(list);
    target[field] = list.quantity;
  }
}

/** How fast to scale, where that is spoken of at all: both directions then have all their rules. */
function setBehaviorDefaults({ behavior }: V2HorizontalPodAutoscalerSpec): void {
  if (behavior === undefined) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...behavior.scaleDown,
  };
}

export const horizontalPodAutoscalers: ResourceType<V2HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  definition: 'V2HorizontalPodAutoscaler',
  subresources: [{ name: 'status', kind: 'HorizontalPodAutoscaler', verbs: ['get', 'patch', 'update'] }],
  columns: [
    nameColumn<V2HorizontalPodAutoscaler>(),
    column('Reference', 'string', 'What is scaled.', ({ spec }) => {
      return `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`;
    }),
    column('Targets', 'string', 'Each metric: what it is, and what it should be.', ({ spec, status }) => {
      return formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []);
    }),
    column('MinPods', 'string', 'The fewest pods.', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    column('MaxPods', 'string', 'The most pods.', ({ spec }) => spec?.maxReplicas ?? 0),
    column('Replicas', 'string', 'How many pods there are.', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn<V2HorizontalPodAutoscaler>(),
  ],
  selectableFields: {},
  strategy: horizontalPodAutoscalerStrategy,
};
