import { nodes } from '@kubelab/api';
import type { ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { formatCidr, nextFreeCidr, parseCidr } from './plan.js';

/** Gives every node its share of the pods' addresses. */
export const createNodeIpamController: ControllerFactory = (context) => {
  const { client, informers, options, recorder } = context;
  const cluster = parseCidr(options.clusterCidr);
  const nodeInformer = informers.for(nodes);
  /** Given, but not yet seen in the cache. */
  const given = new Map<string, string>();
  // One at a time: two nodes looked at together could be given the same.
  const reconciler = context.createReconciler('NodeIPAM', reconcile, [nodeInformer], { workers: 1 });
  nodeInformer.onChange(({ type, key, object, trace }) => {
    if (type === 'deleted' || object.spec?.podCIDR) given.delete(key);
    if (type !== 'deleted' && !object.spec?.podCIDR) reconciler.queue.add(key, trace);
    // A share that came back may be what another node waits for.
    if (type === 'deleted')
      for (const node of nodeInformer.list()) if (!node.spec?.podCIDR) reconciler.queue.add(node.metadata.name, trace);
  });

  async function reconcile(key: string, { trace }: ReconcileContext) {
    const node = nodeInformer.get(key);
    if (node === undefined || node.spec?.podCIDR) return undefined;
    const inUse = [...nodeInformer.list()].flatMap(
      ({ spec }) => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []),
    );
    const free = nextFreeCidr(cluster, options.nodeCidrMaskSize, [...inUse, ...given.values()].map(parseCidr));
    const podCIDR = given.get(key) ?? (free && formatCidr(free));
    if (podCIDR === undefined) {
      recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`, trace);
      return undefined;
    }
    given.set(key, podCIDR);
    const patch = { metadata: { uid: node.metadata.uid }, spec: { podCIDR, podCIDRs: [podCIDR] } };
    try {
      await client.patch(nodes, { namespace: '', name: key }, 'merge', patch, { trace });
    } catch (error) {
      // Perhaps it was written all the same: the share stays given until the cache shows what is true.
      if (nodeInformer.get(key) === undefined) given.delete(key);
      throw error;
    }
    return undefined;
  }

  return reconciler;
};
