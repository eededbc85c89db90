import { describe, expect, it } from 'vitest';
import type { PersistentVolumeSpec, Volume } from '../generated/types.js';
import { validateVolumes } from './pod/volumes.js';
import { validateVolumeSources } from './volume-sources.js';

const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`);

/** Of a pod's volume and of a PersistentVolume alike. */
const SHARED: readonly (readonly [source: object, errors: string[]])[] = [
  [{ gcePersistentDisk: { pdName: 'a' } }, []],
  [{ gcePersistentDisk: {} }, ['persistentDisk.pdName: Required value']],
  [
    { awsElasticBlockStore: { volumeID: 'a', partition: 300 } },
    ['awsElasticBlockStore.partition: Invalid value: 300: must be between 0 and 255, inclusive'],
  ],
  [{ glusterfs: {} }, ['glusterfs.endpoints: Required value', 'glusterfs.path: Required value']],
  [{ flocker: {} }, ['flocker: Required value: one of datasetName and datasetUUID is required']],
  [{ nfs: { server: 'a' } }, ['nfs.path: Required value']],
  [{ rbd: { monitors: [] } }, ['rbd.monitors: Required value', 'rbd.image: Required value']],
  [{ iscsi: { targetPortal: 'a', iqn: 'iqn.2001-04.com.example:storage' } }, []],
  [{ iscsi: { targetPortal: 'a', iqn: 'b' } }, ['iscsi.iqn: Invalid value: "b": must be valid format']],
  [{ fc: {} }, ['fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both']],
  [{ fc: { targetWWNs: ['a'] } }, ['fc.lun: Required value: lun is required if targetWWNs is specified']],
  [
    { quobyte: { registry: 'a', volume: 'v' } },
    ['quobyte.registry: Invalid value: "a": must be a host:port pair or multiple pairs separated by commas'],
  ],
  [{ azureFile: { secretName: 'a' } }, ['azureFile.shareName: Required value']],
  [{ portworxVolume: {} }, ['portworxVolume.volumeID: Required value']],
];

it.each(SHARED)('%j', (source, errors) => {
  const spec = source as PersistentVolumeSpec;
  expect(texts(validateVolumeSources(spec, 'spec'))).toEqual(errors.map((error) => `spec.${error}`));
  const volume = { name: 'v', ...source } as Volume;
  expect(texts(validateVolumes([volume], 'volumes').errors)).toEqual(errors.map((error) => `volumes[0].${error}`));
});

describe('of pods alone', () => {
  it.each([
    [{ csi: { driver: 'a.b' } }, []],
    [{ csi: { driver: 'a.b', nodePublishSecretRef: {} } }, ['csi.nodePublishSecretRef.name: Required value']],
    [
      { gitRepo: { repository: 'a', directory: '../b' } },
      ['gitRepo.directory: Invalid value: "../b": must not contain \'..\''],
    ],
    [{ ephemeral: {} }, ['ephemeral.volumeClaimTemplate: Required value']],
    [
      { ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } } },
      ['ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value'],
    ],
  ])('%j', (source, errors) => {
    const volume = { name: 'v', ...source } as Volume;
    expect(texts(validateVolumes([volume], 'volumes').errors)).toEqual(errors.map((error) => `volumes[0].${error}`));
  });
});
