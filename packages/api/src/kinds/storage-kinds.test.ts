import { describe, expect, it } from 'vitest';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';
import {
  certificateSigningRequests,
  csiDrivers,
  limitRanges,
  persistentVolumeClaims,
  persistentVolumes,
  resourceQuotas,
  storageClasses,
} from './table.js';

const NOW = Date.parse('2025-01-02T00:00:00Z');
const METADATA = { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2025-01-01T00:00:00Z' };

function defaulted<T extends KubernetesObject>(resource: ResourceType<T>, object: object): T {
  const copy = structuredClone({ metadata: { ...METADATA }, ...object }) as unknown as T;
  resource.strategy.setDefaults?.(copy);
  return copy;
}

function cells<T extends KubernetesObject>(resource: ResourceType<T>, object: object): Record<string, unknown> {
  const persisted = { metadata: METADATA, ...object } as unknown as Persisted<T>;
  return Object.fromEntries(resource.columns.map(({ name, value }) => [name, value(persisted, NOW)]));
}

describe('defaults', () => {
  it('of a LimitRange come from each other', () => {
    const limits = [
      {
        type: 'Container',
        max: { cpu: '2000m', memory: '1024Mi' },
        min: { cpu: '100m' },
        defaultRequest: { memory: '1Mi' },
      },
      { type: 'Pod', max: { cpu: '4' } },
    ];
    expect(defaulted(limitRanges, { spec: { limits } }).spec?.limits).toEqual([
      {
        type: 'Container',
        max: { cpu: '2', memory: '1Gi' },
        min: { cpu: '100m' },
        default: { cpu: '2', memory: '1Gi' },
        defaultRequest: { cpu: '2', memory: '1Mi' },
      },
      { type: 'Pod', max: { cpu: '4' } },
    ]);
  });

  it('of volumes, claims, classes and drivers', () => {
    expect(defaulted(persistentVolumes, { spec: { hostPath: { path: '/a' } } }).spec).toEqual({
      hostPath: { path: '/a', type: '' },
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
    });
    expect(defaulted(persistentVolumeClaims, { spec: {} }).spec).toEqual({ volumeMode: 'Filesystem' });
    expect(defaulted(storageClasses, { provisioner: 'a' })).toMatchObject({
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    });
    expect(defaulted(csiDrivers, {}).spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
      volumeLifecycleModes: ['Persistent'],
    });
  });
});

describe('a new object', () => {
  it('has the phase that it begins with, whatever it says', () => {
    const volume = defaulted(persistentVolumes, { status: { phase: 'Bound' } });
    persistentVolumes.strategy.prepareForCreate?.(volume);
    expect(volume.status).toEqual({ phase: 'Pending', lastPhaseTransitionTime: METADATA.creationTimestamp });
    const claim = defaulted(persistentVolumeClaims, { status: { phase: 'Bound' } });
    persistentVolumeClaims.strategy.prepareForCreate?.(claim);
    expect(claim.status).toEqual({ phase: 'Pending' });
  });

  it.each([
    [
      { dataSource: { kind: 'PersistentVolumeClaim', name: 'b' } },
      {
        dataSource: { kind: 'PersistentVolumeClaim', name: 'b' },
        dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
      },
    ],
    [{ dataSource: { apiGroup: 'example.com', kind: 'Thing', name: 'b' } }, {}],
    [
      { dataSourceRef: { apiGroup: 'example.com', kind: 'Thing', name: 'b' } },
      { dataSourceRef: { apiGroup: 'example.com', kind: 'Thing', name: 'b' } },
    ],
    [{ dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b', namespace: 'c' } }, {}],
  ])('of a claim with %j says %j', (spec, expected) => {
    const claim = defaulted(persistentVolumeClaims, { spec });
    persistentVolumeClaims.strategy.prepareForCreate?.(claim);
    expect(claim.spec).toEqual({ ...expected, volumeMode: 'Filesystem' });
  });

  it('of a certificate request says who asks', () => {
    const request = defaulted(certificateSigningRequests, { spec: { username: 'x', extra: { a: ['b'] } } });
    const user = { name: 'ann', uid: '7', groups: ['ops'], extra: { scopes: ['all'] } };
    certificateSigningRequests.strategy.prepareForCreate?.(request, { user, nowMs: NOW });
    expect(request.spec).toEqual({ username: 'ann', uid: '7', groups: ['ops'], extra: { scopes: ['all'] } });
  });
});

describe('columns', () => {
  it('of a quota keep limits apart, in the order of names', () => {
    const status = {
      hard: { pods: '10', 'limits.cpu': '4', 'count/jobs.batch': '2' },
      used: { pods: '3', 'limits.cpu': '500m' },
    };
    expect(cells(resourceQuotas, { status })).toEqual({
      Name: 'a',
      Request: 'count/jobs.batch: 0/2, pods: 3/10',
      Limit: 'limits.cpu: 500m/4',
      Age: '24h',
    });
  });

  it('of a bound claim and its volume', () => {
    const claim = {
      spec: { volumeName: 'v', storageClassName: 'x', volumeMode: 'Block', accessModes: ['ReadWriteOnce'] },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] },
    };
    expect(cells(persistentVolumeClaims, claim)).toMatchObject({
      Status: 'Bound',
      Volume: 'v',
      Capacity: '1Gi',
      'Access Modes': 'ROX,RWOP',
      VolumeMode: 'Block',
    });
    const going = {
      metadata: { ...METADATA, deletionTimestamp: '2025-01-01T00:00:00Z' },
      spec: { claimRef: { namespace: 'n', name: 'c' } },
    };
    expect(cells(persistentVolumes, going)).toMatchObject({ Status: 'Terminating', Claim: 'n/c', Capacity: '0' });
  });

  it.each([
    [{}, 'Pending'],
    [{ conditions: [{ type: 'Approved', status: 'True' }] }, 'Approved'],
    [{ conditions: [{ type: 'Approved', status: 'True' }], certificate: 'eA==' }, 'Approved,Issued'],
    [
      {
        conditions: [
          { type: 'Approved', status: 'True' },
          { type: 'Failed', status: 'True' },
        ],
      },
      'Approved,Failed',
    ],
    [{ conditions: [{ type: 'Denied', status: 'True' }] }, 'Denied'],
  ])('of a certificate request with %j: %s', (status, condition) => {
    const spec = { signerName: 's', expirationSeconds: 86_400 };
    expect(cells(certificateSigningRequests, { spec, status })).toMatchObject({
      Condition: condition,
      RequestedDuration: '24h',
    });
  });
});
