import type { EtcdProcess } from '@kubelab/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { describeBatches } from './storage-contract-batches.js';
import { describeFailures } from './storage-contract-failures.js';
import { describeLists } from './storage-contract-lists.js';
import { describeWatches } from './storage-contract-watches.js';
import { describeWrites } from './storage-contract-writes.js';
import { type EtcdUnderTest, type OpenStorage, openStorage, type SuiteContext } from './storage-harness.js';

/** The storage's promises, kept on whatever etcd it is given. */
export function describeStorageContract(etcdUnderTest: EtcdUnderTest): void {
  describe(`storage on ${etcdUnderTest.name}`, () => {
    let etcd: EtcdProcess | undefined;
    let open: { a: OpenStorage; b: OpenStorage } | undefined;
    const need = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error('not started');
      return value;
    };
    beforeAll(async () => {
      etcd = await etcdUnderTest.start();
    });
    afterAll(async () => {
      await etcd?.stop();
    });
    beforeEach(async () => {
      const [a, b] = await Promise.all([openStorage(need(etcd).endpoint), openStorage(need(etcd).endpoint)]);
      open = { a, b };
    });
    afterEach(async () => {
      await Promise.all([open?.a.close(), open?.b.close()]);
    });
    const suite: SuiteContext = {
      storages: () => need(open),
      etcd: () => need(etcd),
      endpoint: () => need(etcd).endpoint,
      compact: async () => {
        const { compactor } = need(open).a.storage;
        // The first call may only learn where the key stands, the second replaces it, the third compacts to there.
        for (let round = 0; round < 3; round++) await compactor.compactOnce();
      },
    };
    describeBatches(suite);
    describeWrites(suite);
    describeLists(suite);
    describeWatches(suite);
    describeFailures(suite);
  });
}
