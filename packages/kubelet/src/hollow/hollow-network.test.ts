import { describe, expect, it } from 'vitest';
import { sandboxId } from '../container-runtime/hollow-container.js';
import type { ReadonlyPod } from '../pod.js';
import { HollowNetwork } from './hollow-network.js';

const uidOf = (index: number): string => `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`;

function pod(index: number, podIP?: string): ReadonlyPod {
  const metadata = {
    name: `p${index}`,
    namespace: 'default',
    uid: uidOf(index),
    resourceVersion: '1',
    creationTimestamp: '',
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: podIP ? { podIP } : {} };
}

const release = (network: HollowNetwork, index: number) =>
  network.tearDown({ containerId: sandboxId(uidOf(index), 0), pid: 0 });
const ipOf = async (network: HollowNetwork, index: number) => (await network.setUp(pod(index))).ips[0];

describe('the network of a hollow node', () => {
  it('gives every pod an address of its own, and the same when it asks again', async () => {
    const network = new HollowNetwork(() => '10.1.0.0/29');
    const ips = await Promise.all([0, 1, 2, 3, 4].map((index) => ipOf(network, index)));
    expect(ips).toEqual(['10.1.0.2', '10.1.0.3', '10.1.0.4', '10.1.0.5', '10.1.0.6']);
    expect(await ipOf(network, 2)).toBe('10.1.0.4');
    await expect(network.setUp(pod(5))).rejects.toThrow('no address of 10.1.0.0/29 is free');
  });

  it('lets an address rest before it is given out again', async () => {
    const network = new HollowNetwork(() => '10.1.0.0/29');
    await ipOf(network, 0);
    await release(network, 0);
    expect(await ipOf(network, 1)).toBe('10.1.0.3');
  });

  it('leaves a pod the address that it had before the process began', async () => {
    const network = new HollowNetwork(() => '10.1.0.0/29');
    network.adopt(pod(7, '10.1.0.2'));
    expect(await ipOf(network, 1)).toBe('10.1.0.3');
    expect(await ipOf(network, 7)).toBe('10.1.0.2');
  });

  it('is not ready before the node has a range', async () => {
    let range: string | undefined;
    const network = new HollowNetwork(() => range);
    expect(network.notReadyReason()).toBe('the node has no podCIDR yet');
    range = '10.1.0.0/24';
    expect(network.notReadyReason()).toBeUndefined();
  });
});
