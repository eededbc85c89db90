import type { ControllerFactory } from './controller.js';
import { createClusterRoleAggregationController } from './controllers/cluster-role-aggregation/reconcile.js';
import { createDeploymentController } from './controllers/deployment/reconcile.js';
import { createEndpointSliceController } from './controllers/endpoint-slice/reconcile.js';
import { createEndpointSliceMirroringController } from './controllers/endpoint-slice-mirroring/reconcile.js';
import { createEndpointsController } from './controllers/endpoints/reconcile.js';
import { createGarbageCollector } from './controllers/garbage-collector/reconcile.js';
import { createNamespaceController } from './controllers/namespace/reconcile.js';
import { createNodeIpamController } from './controllers/node-ipam/reconcile.js';
import { createNodeLifecycleController } from './controllers/node-lifecycle/reconcile.js';
import { createPodGcController } from './controllers/pod-gc/reconcile.js';
import { createReplicaSetController } from './controllers/replica-set/reconcile.js';
import { createReplicationControllerController } from './controllers/replication-controller/reconcile.js';
import { createResourceQuotaController } from './controllers/resource-quota/reconcile.js';
import { createRootCaController } from './controllers/root-ca/reconcile.js';
import { createServiceAccountController } from './controllers/service-account/reconcile.js';
import { createServiceAccountTokenController } from './controllers/service-account-token/reconcile.js';
import { createServiceCidrController } from './controllers/service-cidr/reconcile.js';
import { createClaimProtectionController } from './controllers/storage-protection/claim.js';
import { createVolumeProtectionController } from './controllers/storage-protection/volume.js';

/** Every controller, by the name that its events carry before `-controller`. */
export const controllers: readonly (readonly [name: string, build: ControllerFactory])[] = [
  ['deployment', createDeploymentController],
  ['replicaset', createReplicaSetController],
  ['replication', createReplicationControllerController],
  ['endpoint-slice', createEndpointSliceController],
  ['endpoint-slice-mirroring', createEndpointSliceMirroringController],
  ['endpoint', createEndpointsController],
  ['node-ipam', createNodeIpamController],
  ['service-account', createServiceAccountController],
  ['serviceaccount-token', createServiceAccountTokenController],
  ['service-cidr', createServiceCidrController],
  ['root-ca', createRootCaController],
  ['namespace', createNamespaceController],
  ['garbage-collector', createGarbageCollector],
  ['node', createNodeLifecycleController],
  ['pod-gc', createPodGcController],
  ['resourcequota', createResourceQuotaController],
  ['pvc-protection', createClaimProtectionController],
  ['pv-protection', createVolumeProtectionController],
  ['clusterrole-aggregation', createClusterRoleAggregationController],
];
