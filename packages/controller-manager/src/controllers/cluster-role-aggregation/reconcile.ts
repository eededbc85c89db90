import { clusterRoles } from '@kubelab/api';
import { mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { planAggregation } from './plan.js';

/** Fills ClusterRoles that have an `aggregationRule` with the rules of those that it selects. */
export const createClusterRoleAggregationController: ControllerFactory = (context) => {
  const { client, informers } = context;
  const roles = informers.for(clusterRoles);
  const reconciler = context.createReconciler('ClusterRoleAggregation', reconcile, [roles]);
  const { queue } = reconciler;
  roles.onChange(({ trace }) => {
    // Any role may be what another one selects.
    for (const { metadata, aggregationRule } of roles.list()) {
      if (aggregationRule !== undefined) queue.add(metadata.name, trace);
    }
  });

  async function reconcile(name: string, { trace }: ReconcileContext) {
    const role = roles.get(name);
    if (role === undefined || role.metadata.deletionTimestamp) return undefined;
    const rules = planAggregation(role, roles.list());
    if (rules !== undefined) await client.update(clusterRoles, { ...mutableCopy(role), rules }, { trace });
    return undefined;
  }

  return reconciler;
};
