import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EtcdClient } from './etcd/client.js';
import type { TxnBatchRequest } from './etcd/messages.js';
import { TransactionBatcher } from './transaction-batcher.js';

const LEASE = '/registry/coordination.k8s.io/leases/kube-node-lease/';

/** How many leases and others each transaction had; the first ones are held until they are told to go on. */
function fakeEtcd() {
  const sent: [leases: number, others: number][] = [];
  const waiting: (() => void)[] = [];
  const txnBatch = async ({ success = [] }: TxnBatchRequest) => {
    const keys = success.map(({ requestTxn }) => String(requestTxn?.compare?.[0]?.key));
    const leases = keys.filter((key) => key.startsWith(LEASE)).length;
    sent.push([leases, keys.length - leases]);
    if (sent.length <= 3) await new Promise<void>((resolve) => waiting.push(resolve));
    return {
      header: { revision: 1 },
      responses: keys.map(() => ({ responseTxn: { succeeded: true, responses: [] } })),
    };
  };
  const goOn = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { client: { txnBatch } as unknown as EtcdClient, sent, goOn };
}

it('leases go before what waits longer, and leave some room to it', async () => {
  const { client, sent, goOn } = fakeEtcd();
  const batcher = new TransactionBatcher(client);
  const send = (key: string) =>
    batcher.send({ key, expected: 1, writeId: key, size: 100, operations: () => [] }, 60_000);
  const pods = Array.from({ length: 160 }, (_, index) => send(`/registry/pods/default/${index}`));
  await setImmediate();
  const leases = Array.from({ length: 40 }, (_, index) => send(`${LEASE}${index}`));
  await setImmediate();
  goOn();
  await Promise.all([...pods, ...leases]);
  expect(sent).toEqual([
    [0, 32],
    [0, 32],
    [0, 32],
    [24, 8],
    [16, 16],
    [0, 32],
    [0, 8],
  ]);
});
