import type { ResourceType } from '../resource.js';
import { bindings } from './binding.js';
import { certificateSigningRequests } from './certificate-signing-request.js';
import { componentStatuses } from './component-status.js';
import { configMaps } from './config-map.js';
import { controllerRevisions } from './controller-revision.js';
import { cronJobs } from './cron-job.js';
import { csiDrivers } from './csi-driver.js';
import { csiNodes } from './csi-node.js';
import { csiStorageCapacities } from './csi-storage-capacity.js';
import { daemonSets } from './daemon-set.js';
import { deployments } from './deployment.js';
import { endpointSlices } from './endpoint-slice.js';
import { endpoints } from './endpoints.js';
import { events } from './event.js';
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.js';
import { ingresses } from './ingress.js';
import { ingressClasses } from './ingress-class.js';
import { ipAddresses } from './ip-address.js';
import { jobs } from './job.js';
import { leases } from './lease.js';
import { limitRanges } from './limit-range.js';
import { namespaces } from './namespace.js';
import { networkPolicies } from './network-policy.js';
import { nodes } from './node.js';
import { persistentVolumes } from './persistent-volume.js';
import { persistentVolumeClaims } from './persistent-volume-claim.js';
import { pods } from './pod.js';
import { podDisruptionBudgets } from './pod-disruption-budget.js';
import { podTemplates } from './pod-template.js';
import { priorityClasses } from './priority-class.js';
import { replicaSets } from './replica-set.js';
import { replicationControllers } from './replication-controller.js';
import { resourceQuotas } from './resource-quota.js';
import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  tokenReviews,
} from './reviews.js';
import { clusterRoles, roles } from './role.js';
import { clusterRoleBindings, roleBindings } from './role-binding.js';
import { runtimeClasses } from './runtime-class.js';
import { secrets } from './secret.js';
import { services } from './service.js';
import { serviceAccounts } from './service-account.js';
import { serviceCidrs } from './service-cidr.js';
import { statefulSets } from './stateful-set.js';
import { storageClasses } from './storage-class.js';
import { volumeAttachments } from './volume-attachment.js';
import { volumeAttributesClasses } from './volume-attributes-class.js';

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
  limitRanges,
  resourceQuotas,
  persistentVolumes,
  persistentVolumeClaims,
  ingresses,
  ingressClasses,
  networkPolicies,
  ipAddresses,
  serviceCidrs,
  roles,
  roleBindings,
  clusterRoles,
  clusterRoleBindings,
  storageClasses,
  volumeAttachments,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  volumeAttributesClasses,
  priorityClasses,
  runtimeClasses,
  certificateSigningRequests,
  tokenReviews,
  selfSubjectReviews,
  subjectAccessReviews,
  selfSubjectAccessReviews,
  localSubjectAccessReviews,
  selfSubjectRulesReviews,
] as unknown as readonly ResourceType[];

export {
  bindings,
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  componentStatuses,
  configMaps,
  controllerRevisions,
  cronJobs,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  horizontalPodAutoscalers,
  ingressClasses,
  ingresses,
  ipAddresses,
  jobs,
  leases,
  limitRanges,
  localSubjectAccessReviews,
  namespaces,
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  podTemplates,
  priorityClasses,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  roleBindings,
  roles,
  runtimeClasses,
  secrets,
  selfSubjectAccessReviews,
  selfSubjectReviews,
  selfSubjectRulesReviews,
  serviceAccounts,
  serviceCidrs,
  services,
  statefulSets,
  storageClasses,
  subjectAccessReviews,
  tokenReviews,
  volumeAttachments,
  volumeAttributesClasses,
};
