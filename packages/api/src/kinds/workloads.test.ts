import { describe, expect, it } from 'vitest';
import { type FieldError, invalid } from '../errors.js';
import type { Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { deployments } from './deployment.js';
import { replicaSets } from './replica-set.js';

const texts = (errors: FieldError[] = []): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

function deploymentOf(spec: Partial<DeploymentSpec> = {}): Deployment {
  const deployment: Deployment = {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      ...spec,
    },
  };
  deployments.strategy.setDefaults?.(deployment);
  return deployment;
}

describe('deployments', () => {
  it('fills in what Kubernetes fills in', () => {
    expect(deploymentOf().spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } },
    });
    expect(deploymentOf({ strategy: { type: 'Recreate' } }).spec?.strategy).toEqual({ type: 'Recreate' });
    expect(deploymentOf({ strategy: { rollingUpdate: { maxSurge: 0 } } }).spec?.strategy?.rollingUpdate).toEqual({
      maxSurge: 0,
      maxUnavailable: '25%',
    });
    const once = deploymentOf();
    const twice = structuredClone(once);
    deployments.strategy.setDefaults?.(twice);
    expect(twice).toEqual(once);
  });

  const template = deploymentOf().spec?.template ?? {};
  it.each<[string, Partial<DeploymentSpec>, string[]]>([
    ['right', {}, []],
    ['negative replicas', { replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    [
      'other labels',
      { template: { ...template, metadata: { labels: { app: 'x' } } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
    ],
    [
      'no labels',
      { template: { spec: template.spec } },
      ['spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`'],
    ],
    [
      'empty selector',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'bad operator',
      { selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Near"}]}: invalid label selector',
      ],
    ],
    [
      'restart policy',
      { template: { ...template, spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'deadline',
      { template: { ...template, spec: { containers: [{ name: 'c', image: 'i' }], activeDeadlineSeconds: 5 } } },
      ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
    ],
    [
      'no containers',
      { template: { ...template, spec: { containers: [] } } },
      ['spec.template.spec.containers: Required value'],
    ],
    [
      'no room',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'no room in percent',
      { strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: '0%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'above all',
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'negative surge',
      { strategy: { rollingUpdate: { maxSurge: -1 } } },
      ['spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'no percentage',
      { strategy: { rollingUpdate: { maxSurge: 'x' } } },
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      'strategy',
      { strategy: { type: 'x' } },
      [
        'spec.strategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      ],
    ],
    [
      'recreate with rolling',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'progress',
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(texts(deployments.strategy.validate?.(deploymentOf(spec)))).toEqual(expected);
  });

  it('lacks its selector and containers', () => {
    const bare = { metadata: {}, spec: {} } as Deployment;
    deployments.strategy.setDefaults?.(bare);
    expect(texts(deployments.strategy.validate?.(bare))).toContain('spec.selector: Required value');
  });

  it('keeps its selector', () => {
    const errors =
      deployments.strategy.validateUpdate?.(
        deploymentOf({ selector: { matchLabels: { app: 'b' } } }),
        deploymentOf() as Persisted<Deployment>,
      ) ?? [];
    expect(texts(errors)).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable']);
    expect(invalid({ group: 'apps', kind: 'Deployment' }, 'd', errors).message).toBe(
      'Deployment.apps "d" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    );
  });

  it.each<[DeploymentStatus, string[]]>([
    [{ replicas: 3, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 1 }, []],
    [
      { replicas: 1, readyReplicas: 2 },
      ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
    ],
    [
      { replicas: 3, readyReplicas: 1, availableReplicas: 2 },
      ['status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
    ],
    [
      { collisionCount: -1 },
      [
        'status.collisionCount: Invalid value: -1: must be greater than or equal to 0',
        'status.collisionCount: Invalid value: -1: cannot be decremented',
      ],
    ],
  ])('status %j', (status, expected) => {
    const old = { ...deploymentOf(), status: {} } as Persisted<Deployment>;
    expect(texts(deployments.strategy.validateStatusUpdate?.({ ...deploymentOf(), status }, old))).toEqual(expected);
  });

  it('scales', () => {
    const deployment = deploymentOf({ replicas: 2 });
    const { scale } = deployments.strategy;
    expect(scale?.getReplicas(deployment)).toBe(2);
    scale?.setReplicas(deployment, 5);
    expect(deployment.spec?.replicas).toBe(5);
    expect(scale?.getSelector(deployment)).toBe('app=a');
    expect(scale?.getStatusReplicas(deployment)).toBe(0);
  });
});

describe('replicaSets', () => {
  const replicaSetOf = (): ReplicaSet => ({
    metadata: { name: 'r' },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });

  it('is like a deployment in its template and selector', () => {
    const replicaSet = replicaSetOf();
    replicaSets.strategy.setDefaults?.(replicaSet);
    expect(replicaSet.spec?.replicas).toBe(1);
    expect(replicaSets.strategy.validate?.(replicaSet)).toEqual([]);
    const other = structuredClone(replicaSet);
    if (other.spec) other.spec.selector = { matchLabels: { app: 'b' } };
    expect(texts(replicaSets.strategy.validateUpdate?.(other, replicaSet as Persisted<ReplicaSet>))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ]);
    expect(texts(replicaSets.strategy.validate?.(other))).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ]);
  });
});
