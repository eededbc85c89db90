import type { ClusterRole, PolicyRule } from '@kubelab/api';
import {
  APPS,
  AUTHENTICATION,
  AUTHORIZATION,
  AUTOSCALING,
  BATCH,
  COORDINATION,
  CORE,
  DISCOVERY,
  EXTENSIONS,
  NETWORKING,
  POLICY,
  pathRule,
  RBAC,
  READ,
  READ_WRITE,
  RESOURCE,
  rule,
  WRITE,
} from './rules.js';

const VIEW: readonly PolicyRule[] = [
  rule(
    READ,
    CORE,
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    READ,
    CORE,
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  rule(READ, CORE, 'namespaces'),
  rule(READ, DISCOVERY, 'endpointslices'),
  rule(
    READ,
    APPS,
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(READ, AUTOSCALING, 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(READ, BATCH, 'cronjobs cronjobs/status jobs jobs/status'),
  rule(
    READ,
    EXTENSIONS,
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  rule(READ, POLICY, 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(READ, NETWORKING, 'ingresses ingresses/status networkpolicies'),
  rule(READ, RESOURCE, 'resourceclaims resourceclaims/status resourceclaimtemplates'),
];

/** Secrets are here and not under view: who reads them can act as any service account of the namespace. */
const EDIT: readonly PolicyRule[] = [
  rule(READ, CORE, 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', CORE, 'serviceaccounts'),
  rule(WRITE, CORE, 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', CORE, 'pods/eviction'),
  rule(
    WRITE,
    CORE,
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule('create', CORE, 'serviceaccounts/token'),
  rule(
    WRITE,
    APPS,
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(WRITE, AUTOSCALING, 'horizontalpodautoscalers'),
  rule(WRITE, BATCH, 'cronjobs jobs'),
  rule(
    WRITE,
    EXTENSIONS,
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ),
  rule(WRITE, POLICY, 'poddisruptionbudgets'),
  rule(WRITE, NETWORKING, 'ingresses networkpolicies'),
  rule(READ_WRITE, COORDINATION, 'leases'),
  rule(WRITE, RESOURCE, 'resourceclaims resourceclaimtemplates'),
];

const ADMIN: readonly PolicyRule[] = [
  rule('create', AUTHORIZATION, 'localsubjectaccessreviews'),
  rule(READ_WRITE, RBAC, 'rolebindings roles'),
];

const HEALTH = ['/livez', '/readyz', '/healthz'];
const VERSION = ['/version', '/version/'];

/** The ClusterRoles that people and their programs are given. */
export const userRoles: readonly ClusterRole[] = [
  { metadata: { name: 'cluster-admin' }, rules: [rule('*', '*', '*'), pathRule('*', ['*'])] },
  {
    metadata: { name: 'system:discovery' },
    rules: [pathRule('get', [...HEALTH, ...VERSION, '/openapi', '/openapi/*', '/api', '/api/*', '/apis', '/apis/*'])],
  },
  {
    metadata: { name: 'system:basic-user' },
    rules: [
      rule('create', AUTHORIZATION, 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', AUTHENTICATION, 'selfsubjectreviews'),
    ],
  },
  { metadata: { name: 'system:public-info-viewer' }, rules: [pathRule('get', [...HEALTH, ...VERSION])] },
  {
    metadata: { name: 'system:monitoring' },
    rules: [pathRule('get', ['/metrics', '/metrics/slis', ...HEALTH, ...HEALTH.map((path) => `${path}/*`)])],
  },
  aggregated('admin'),
  aggregated('edit', 'admin'),
  aggregated('view', 'edit'),
  aggregating('admin', ADMIN),
  aggregating('edit', EDIT),
  aggregating('view', VIEW),
  {
    metadata: { name: 'system:heapster' },
    rules: [rule(READ, CORE, 'events namespaces nodes pods'), rule(READ, EXTENSIONS, 'deployments')],
  },
];

function labelOf(role: string): Record<string, string> {
  return { [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' };
}

/** A role whose rules are those of others; `into` names the next wider one. */
function aggregated(name: string, into?: string): ClusterRole {
  return {
    metadata: { name, ...(into === undefined ? {} : { labels: labelOf(into) }) },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: labelOf(name) }] },
  };
}

function aggregating(role: string, rules: readonly PolicyRule[]): ClusterRole {
  return { metadata: { name: `system:aggregate-to-${role}`, labels: labelOf(role) }, rules: [...rules] };
}
