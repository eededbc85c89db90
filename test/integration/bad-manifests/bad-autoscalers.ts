import { type BadManifestsByKind, NOT_NEGATIVE, SELECTOR } from './bad-manifest.js';

/** autoscaling/v2 and policy/v1. */
export const badAutoscalers: BadManifestsByKind = {
  HorizontalPodAutoscaler: {
    path: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler.autoscaling',
    manifest: {
      metadata: { name: 'h' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 },
    },
    cases: [
      [
        'nothing wanted',
        { spec: undefined },
        ['spec.maxReplicas', 'Invalid value: 0: must be greater than 0'],
        ['spec.maxReplicas', 'Invalid value: 0: must be greater than or equal to `minReplicas`'],
        ['spec.scaleTargetRef.kind', 'Required value'],
        ['spec.scaleTargetRef.name', 'Required value'],
      ],
      [
        'no pods at all',
        { 'spec.minReplicas': 0 },
        ['spec.minReplicas', 'Invalid value: 0: must be greater than or equal to 1'],
        [
          'spec.metrics',
          'Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
        ],
      ],
      [
        'fewer than the fewest',
        { 'spec.minReplicas': 5 },
        ['spec.maxReplicas', 'Invalid value: 3: must be greater than or equal to `minReplicas`'],
      ],
      [
        'nothing to scale',
        { 'spec.scaleTargetRef': { kind: '', name: '' } },
        ['spec.scaleTargetRef.kind', 'Required value'],
        ['spec.scaleTargetRef.name', 'Required value'],
      ],
      [
        'a path for a name',
        { 'spec.scaleTargetRef.name': 'a/b' },
        ['spec.scaleTargetRef.name', 'Invalid value: "a/b": may not contain \'/\''],
      ],
      [
        'a metric of no type',
        { 'spec.metrics': [{ type: 'x' }] },
        [
          'spec.metrics[0].type',
          'Unsupported value: "x": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        ],
      ],
      [
        'a metric without its source',
        { 'spec.metrics': [{ type: 'Pods' }] },
        ['spec.metrics[0].pods', 'Required value: must populate information for the given metric source'],
      ],
      [
        'a metric of two sources',
        {
          'spec.metrics': [
            {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 1 } },
              containerResource: {
                name: 'cpu',
                container: 'c',
                target: { type: 'Utilization', averageUtilization: 1 },
              },
            },
          ],
        },
        ['spec.metrics[0].containerResource', 'Forbidden: must populate the given metric source only'],
      ],
      [
        'no target',
        { 'spec.metrics': [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] },
        [
          'spec.metrics[0].resource.target.averageUtilization',
          'Required value: must set either a target raw value or a target utilization',
        ],
      ],
      [
        'two targets',
        {
          'spec.metrics': [
            {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0, averageValue: '-1' } },
            },
          ],
        },
        ['spec.metrics[0].resource.target.averageValue', 'Invalid value: "-1": must be positive'],
        ['spec.metrics[0].resource.target.averageUtilization', 'Invalid value: 0: must be greater than 0'],
        [
          'spec.metrics[0].resource.target.averageValue',
          'Forbidden: may not set both a target raw value and a target utilization',
        ],
      ],
      [
        'a nameless metric of pods',
        { 'spec.metrics': [{ type: 'Pods', pods: { metric: { name: '' }, target: { type: 'x' } } }] },
        ['spec.metrics[0].pods.metric.name', 'Required value: must specify a metric name'],
        ['spec.metrics[0].pods.target.type', 'Invalid value: "x": must be either Utilization, Value, or AverageValue'],
        ['spec.metrics[0].pods.target.averageValue', 'Required value: must specify a positive target averageValue'],
      ],
      [
        'an external metric with two targets',
        {
          'spec.metrics': [
            {
              type: 'External',
              external: { metric: { name: 'q' }, target: { type: 'Value', value: '1', averageValue: '1' } },
            },
          ],
        },
        [
          'spec.metrics[0].external.target.value',
          'Forbidden: may not set both a target value for metric and a per-pod target',
        ],
      ],
      [
        'a behaviour without policies',
        { 'spec.behavior': { scaleUp: { policies: [], stabilizationWindowSeconds: 3601, selectPolicy: 'x' } } },
        ['spec.behavior.scaleUp.stabilizationWindowSeconds', 'Invalid value: 3601: must be less than or equal to 3600'],
        ['spec.behavior.scaleUp.selectPolicy', 'Unsupported value: "x": supported values: "Disabled", "Max", "Min"'],
        ['spec.behavior.scaleUp.policies', 'Required value: must specify at least one Policy'],
      ],
      [
        'a policy of nothing',
        { 'spec.behavior': { scaleDown: { policies: [{ type: 'x', value: 0, periodSeconds: 1801 }] } } },
        ['spec.behavior.scaleDown.policies[0].type', 'Unsupported value: "x": supported values: "Percent", "Pods"'],
        ['spec.behavior.scaleDown.policies[0].value', 'Invalid value: 0: must be greater than zero'],
        [
          'spec.behavior.scaleDown.policies[0].periodSeconds',
          'Invalid value: 1801: must be less than or equal to 1800',
        ],
      ],
    ],
  },
  PodDisruptionBudget: {
    path: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    kind: 'PodDisruptionBudget.policy',
    manifest: { metadata: { name: 'p' }, spec: { selector: SELECTOR } },
    cases: [
      [
        'both limits',
        { 'spec.minAvailable': 1, 'spec.maxUnavailable': '10%' },
        [
          'spec',
          'Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"x"}},"MaxUnavailable":"10%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
        ],
      ],
      ['fewer than none', { 'spec.minAvailable': -1 }, ['spec.minAvailable', `Invalid value: -1: ${NOT_NEGATIVE}`]],
      [
        'more than all',
        { 'spec.maxUnavailable': '101%' },
        ['spec.maxUnavailable', 'Invalid value: "101%": must not be greater than 100%'],
      ],
      [
        'no percentage',
        { 'spec.maxUnavailable': 'some' },
        [
          'spec.maxUnavailable',
          "Invalid value: \"some\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ],
      ],
      [
        'a policy that is none',
        { 'spec.unhealthyPodEvictionPolicy': 'x' },
        [
          'spec.unhealthyPodEvictionPolicy',
          'Unsupported value: "x": supported values: "AlwaysAllow", "IfHealthyBudget"',
        ],
      ],
      [
        'a selector without values',
        { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'In' }] } },
        [
          'spec.selector.matchExpressions[0].values',
          "Required value: must be specified when `operator` is 'In' or 'NotIn'",
        ],
      ],
    ],
  },
};
