import { replicationControllers, selectorFromLabels } from '@kubelab/api';
import type { ControllerFactory } from '../../controller.js';
import { createPodReplicatorController } from '../replica-set/reconcile.js';

/** Keeps as many pods as each ReplicationController wants: a ReplicaSet's elder, which selects by equality alone. */
export const createReplicationControllerController: ControllerFactory = (context) =>
  createPodReplicatorController(context, {
    resource: replicationControllers,
    selectorOf: ({ spec }) => selectorFromLabels(spec?.selector as Record<string, string> | undefined),
    countsTerminating: false,
  });
