import { servedResources } from '@kubelab/api';
import { expect, test } from 'vitest';
import { groupVersionsOf, resourceList } from './discovery-documents.js';

/** By `apiVersion/name`, of every group and version. */
const hashes = new Map(
  groupVersionsOf(servedResources).flatMap((groupVersion) => {
    const list = resourceList(groupVersion) as {
      groupVersion: string;
      resources: { name: string; storageVersionHash?: string }[];
    };
    return list.resources.map(({ name, storageVersionHash }) => [`${list.groupVersion}/${name}`, storageVersionHash]);
  }),
);

// What every Kubernetes of these storage versions answers.
test.each([
  ['v1/pods', 'xPOwRZ+Yhw8='],
  ['v1/configmaps', 'qFsyl6wFWjQ='],
  ['apps/v1/deployments', '8aSe+NMegvE='],
  ['v1/events', 'r2yiGXH7wu8='],
])('discovery says of %s that it is stored as %s', (name, hash) => {
  expect(hashes.get(name)).toBe(hash);
});

test('versions of what is stored once have one hash, what is not stored has none', () => {
  expect(hashes.get('events.k8s.io/v1/events')).toBe(hashes.get('v1/events'));
  expect(hashes.get('autoscaling/v1/horizontalpodautoscalers')).toBe(
    hashes.get('autoscaling/v2/horizontalpodautoscalers'),
  );
  for (const name of ['v1/bindings', 'v1/componentstatuses', 'v1/pods/status'])
    expect(hashes.get(name)).toBeUndefined();
});
