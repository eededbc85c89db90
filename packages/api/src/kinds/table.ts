import type { ResourceType } from '../resource.js';
import { bindings } from './binding.js';
import { componentStatuses } from './component-status.js';
import { configMaps } from './config-map.js';
import { controllerRevisions } from './controller-revision.js';
import { cronJobs } from './cron-job.js';
import { daemonSets } from './daemon-set.js';
import { deployments } from './deployment.js';
import { endpointSlices } from './endpoint-slice.js';
import { endpoints } from './endpoints.js';
import { events } from './event.js';
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.js';
import { jobs } from './job.js';
import { leases } from './lease.js';
import { namespaces } from './namespace.js';
import { nodes } from './node.js';
import { pods } from './pod.js';
import { podDisruptionBudgets } from './pod-disruption-budget.js';
import { podTemplates } from './pod-template.js';
import { replicaSets } from './replica-set.js';
import { replicationControllers } from './replication-controller.js';
import { secrets } from './secret.js';
import { services } from './service.js';
import { serviceAccounts } from './service-account.js';
import { statefulSets } from './stateful-set.js';

/** Every kind that is served. The order is the order of discovery. */
export const resourceTable = [
  namespaces,
  nodes,
  pods,
  services,
  endpoints,
  endpointSlices,
  configMaps,
  secrets,
  serviceAccounts,
  events,
  leases,
  replicaSets,
  deployments,
  daemonSets,
  statefulSets,
  controllerRevisions,
  replicationControllers,
  podTemplates,
  jobs,
  cronJobs,
  horizontalPodAutoscalers,
  podDisruptionBudgets,
  bindings,
  componentStatuses,
] as unknown as readonly ResourceType[];

export {
  bindings,
  componentStatuses,
  configMaps,
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  horizontalPodAutoscalers,
  jobs,
  leases,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  podTemplates,
  replicaSets,
  replicationControllers,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
};
