import { type Node, nodes } from '@kubelab/api';
import type { Cached, ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { type Cidr, CidrPool, formatCidr, parseCidr } from './plan.js';

/** Gives every node its share of the pods' addresses. */
export const createNodeIpamController: ControllerFactory = (context) => {
  const { client, informers, options, recorder } = context;
  const pool = new CidrPool(parseCidr(options.clusterCidr), options.nodeCidrMaskSize);
  const nodeInformer = informers.for(nodes);
  // One at a time: two nodes looked at together could be given the same.
  const reconciler = context.createReconciler('NodeIPAM', reconcile, [nodeInformer], { workers: 1 });
  const { queue } = reconciler;
  nodeInformer.onChange(({ type, key, object, old, trace }) => {
    if (type === 'deleted') {
      pool.release(key);
      // What came back may be what another waits for.
      for (const node of nodeInformer.list()) if (!hasShare(node)) queue.add(node.metadata.name, trace);
    } else if (hasShare(object)) pool.hold(key, cidrsOf(object));
    else if (old === undefined || old.metadata.uid !== object.metadata.uid) {
      // One that took the name of another has nothing yet.
      pool.release(key);
      queue.add(key, trace);
    }
  });

  async function reconcile(key: string, { trace }: ReconcileContext) {
    const node = nodeInformer.get(key);
    if (node === undefined || hasShare(node)) return undefined;
    // What was given and is not in the cache yet, or may not have been written, is given again.
    const share = pool.heldBy(key)[0] ?? pool.nextFree();
    if (share === undefined) {
      recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`, trace);
      return undefined;
    }
    pool.hold(key, [share]);
    const podCIDR = formatCidr(share);
    const patch = { metadata: { uid: node.metadata.uid }, spec: { podCIDR, podCIDRs: [podCIDR] } };
    try {
      await client.patch(nodes, { namespace: '', name: key }, 'merge', patch, { trace });
    } catch (error) {
      if (nodeInformer.get(key) === undefined) pool.release(key);
      throw error;
    }
    return undefined;
  }

  return reconciler;
};

const hasShare = ({ spec }: Cached<Node>): boolean => (spec?.podCIDR ?? '') !== '' || (spec?.podCIDRs ?? []).length > 0;

/** What is not IPv4 takes nothing away from the range. */
function cidrsOf({ spec }: Cached<Node>): Cidr[] {
  return (spec?.podCIDRs ?? [spec?.podCIDR ?? '']).flatMap((text) => {
    try {
      return [parseCidr(text)];
    } catch {
      return [];
    }
  });
}
