import type { PersistentVolume, PersistentVolumeClaim } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { configurationOf } from './named-configuration.js';
import type { RecordedEvent } from './recording.js';
import { claimsOf } from './replayed-claims.js';
import { stripClaim, stripVolume } from './strip-object.js';

const volume: PersistentVolume = {
  metadata: { name: 'pv', uid: 'u', labels: { 'topology.kubernetes.io/zone': 'z' } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '5Gi' },
    storageClassName: 'fast',
    csi: { driver: 'd', volumeHandle: 'disk-1', nodePublishSecretRef: { name: 's' }, volumeAttributes: { key: 'x' } },
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator: 'In', values: ['a'] }] }] },
    },
    persistentVolumeReclaimPolicy: 'Delete',
  },
};
const claim: PersistentVolumeClaim = {
  metadata: { name: 'data', namespace: 'n', uid: 'u' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, volumeName: 'pv' },
};
const rename = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"a"', '"replay-a"'));

function events(volumeAtMs: number, bound: Partial<RecordedEvent>[]): RecordedEvent[] {
  const place = { kind: 'PersistentVolumeClaim', namespace: 'n', name: 'data' } as const;
  return [
    { atMs: volumeAtMs, event: 'added', kind: 'PersistentVolume', name: 'pv', object: stripVolume(volume) },
    { atMs: 0, event: 'added', ...place, object: stripClaim(claim) },
    ...bound.map((more) => ({ atMs: 9, event: 'bound', ...place, ...more }) as RecordedEvent),
  ];
}

describe('claimsOf', () => {
  it('gives each claim the volume that it was bound to, where that was, and nothing of what is in it', () => {
    const [replayed] = claimsOf(events(0, [{ volume: 'pv' }]), rename);
    expect(replayed).toEqual({
      namespace: 'replay-n',
      claim: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', labels: {}, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '5Gi' } },
          storageClassName: '',
          volumeName: 'replay-pv',
        },
      },
      volume: {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'replay-pv', labels: { 'topology.kubernetes.io/zone': 'z' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          capacity: { storage: '5Gi' },
          csi: { driver: 'd', volumeHandle: 'replay-pv' },
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: '',
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'replay-n', name: 'data' },
          nodeAffinity: rename(volume.spec?.nodeAffinity),
        },
      },
    });
  });

  it('lets a volume that was made for a pod be used anywhere, and makes one where there was none', () => {
    const [made] = claimsOf(events(5, [{ volume: 'pv' }]), rename);
    expect(made?.volume.spec).not.toHaveProperty('nodeAffinity');
    const [none] = claimsOf(events(0, []), rename);
    expect(none?.volume).toMatchObject({ metadata: { name: 'replay-n-data' }, spec: { capacity: { storage: '5Gi' } } });
    expect(none?.claim.spec).toMatchObject({ volumeName: 'replay-n-data' });
  });
});

describe('configurationOf', () => {
  it('names each ConfigMap and Secret once, with the keys that pods name, and no values', () => {
    const spec = {
      volumes: [
        { name: 'a', configMap: { name: 'settings', items: [{ key: 'x', path: 'x' }] } },
        { name: 'b', secret: { secretName: 'keys' } },
        { name: 'c', projected: { sources: [{ secret: { name: 'more' } }] } },
      ],
      imagePullSecrets: [{ name: 'registry' }],
      containers: [
        {
          name: 'c',
          env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'settings', key: 'y' } } }],
          envFrom: [{ secretRef: { name: 'keys' } }],
        },
      ],
    };
    const template = { apiVersion: 'v1', kind: 'Pod', spec };
    const found = configurationOf([
      { template, namespace: 'replay-n', createdAtMs: 0 },
      { template, namespace: 'replay-n', createdAtMs: 5 },
    ]);
    expect(found.map(({ kind, metadata, data }) => [kind, metadata?.namespace, metadata?.name, data])).toEqual([
      ['ConfigMap', 'replay-n', 'settings', { x: '', y: '' }],
      ['Secret', 'replay-n', 'keys', {}],
      ['Secret', 'replay-n', 'more', {}],
      ['Secret', 'replay-n', 'registry', {}],
    ]);
  });
});
