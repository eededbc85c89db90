import type { ClusterRole } from '@kubelab/api';
import { NODE_RULES } from '../node/node-rules.js';
import {
  APPS,
  APPS_AND_EXTENSIONS,
  AUTHENTICATION,
  AUTHORIZATION,
  CERTIFICATES,
  COORDINATION,
  CORE,
  DISCOVERY,
  EVENTS_RULE,
  NETWORKING,
  namedRule,
  POLICY,
  pathRule,
  READ,
  READ_UPDATE,
  RESOURCE,
  rule,
  STORAGE,
} from './rules.js';

const DELEGATION = [
  rule('create', AUTHENTICATION, 'tokenreviews'),
  rule('create', AUTHORIZATION, 'subjectaccessreviews'),
];

/** The ClusterRoles of the cluster's own programs. */
export const componentRoles: readonly ClusterRole[] = [
  role('system:node', NODE_RULES),
  // One process that is the kubelet of thousands of pretended nodes: it acts for
  // all of them, where a kubelet acts for one, but needs nothing of what pods refer to.
  role('system:kubelab:hollow', [
    rule('create get list watch', CORE, 'nodes'),
    rule('patch update', CORE, 'nodes nodes/status'),
    rule('delete get list watch', CORE, 'pods'),
    rule('patch update', CORE, 'pods/status'),
    rule('create get patch update', COORDINATION, 'leases'),
    EVENTS_RULE,
  ]),
  role('system:node-problem-detector', [rule('get', CORE, 'nodes'), rule('patch', CORE, 'nodes/status'), EVENTS_RULE]),
  role('system:kubelet-api-admin', [
    rule(READ, CORE, 'nodes'),
    rule('proxy', CORE, 'nodes'),
    rule('*', CORE, 'nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats'),
  ]),
  role('system:node-bootstrapper', [rule('create get list watch', CERTIFICATES, 'certificatesigningrequests')]),
  role('system:auth-delegator', DELEGATION),
  role('system:kube-aggregator', [rule(READ, CORE, 'endpoints services'), rule(READ, DISCOVERY, 'endpointslices')]),
  role('system:kube-controller-manager', [
    EVENTS_RULE,
    rule('create', COORDINATION, 'leases'),
    namedRule('get update', COORDINATION, 'leases', ['kube-controller-manager']),
    rule('create', CORE, 'secrets serviceaccounts'),
    rule('delete', CORE, 'secrets'),
    rule('get', CORE, 'configmaps namespaces secrets serviceaccounts'),
    rule('update', CORE, 'secrets serviceaccounts'),
    ...DELEGATION,
    rule('list watch', '*', '*'),
    rule('create', CORE, 'serviceaccounts/token'),
  ]),
  role('system:kube-dns', [
    rule('list watch', CORE, 'endpoints services'),
    rule('list watch', DISCOVERY, 'endpointslices'),
  ]),
  role('system:persistent-volume-provisioner', [
    rule('create delete get list watch', CORE, 'persistentvolumes'),
    rule('get list update watch', CORE, 'persistentvolumeclaims'),
    rule(READ, STORAGE, 'storageclasses'),
    rule('watch', CORE, 'events'),
    EVENTS_RULE,
  ]),
  role('system:kube-scheduler', [
    EVENTS_RULE,
    rule('create', COORDINATION, 'leases'),
    rule('list watch', COORDINATION, 'leases'),
    namedRule('get update', COORDINATION, 'leases', ['kube-scheduler']),
    rule(READ, CORE, 'nodes'),
    rule('delete get list watch', CORE, 'pods'),
    rule('create', CORE, 'bindings pods/binding'),
    rule('patch update', CORE, 'pods/status'),
    rule(READ, CORE, 'replicationcontrollers services'),
    rule(READ, APPS_AND_EXTENSIONS, 'replicasets'),
    rule(READ, APPS, 'statefulsets'),
    rule(READ, POLICY, 'poddisruptionbudgets'),
    rule(READ, CORE, 'persistentvolumeclaims persistentvolumes'),
    ...DELEGATION,
    rule(READ, STORAGE, 'csinodes'),
    rule(READ, CORE, 'namespaces'),
    rule(READ, STORAGE, 'csidrivers'),
    rule(READ, STORAGE, 'csistoragecapacities'),
    rule(READ, STORAGE, 'volumeattachments'),
    rule(READ, RESOURCE, 'deviceclasses'),
    rule(READ_UPDATE, RESOURCE, 'resourceclaims'),
    rule(READ_UPDATE, RESOURCE, 'resourceclaims/status'),
    rule(READ, RESOURCE, 'resourceslices'),
  ]),
  role('system:volume-scheduler', [
    rule(READ_UPDATE, CORE, 'persistentvolumes'),
    rule(READ, STORAGE, 'storageclasses'),
    rule(READ_UPDATE, CORE, 'persistentvolumeclaims'),
  ]),
  role('system:node-proxier', [
    rule('list watch', CORE, 'endpoints services'),
    rule(READ, CORE, 'nodes'),
    EVENTS_RULE,
    rule('list watch', DISCOVERY, 'endpointslices'),
    rule('list watch', NETWORKING, 'servicecidrs'),
  ]),
  role('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    rule('create', CERTIFICATES, 'certificatesigningrequests/nodeclient'),
  ]),
  role('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    rule('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient'),
  ]),
  approver('legacy-unknown-approver', 'kubernetes.io/legacy-unknown'),
  approver('kubelet-serving-approver', 'kubernetes.io/kubelet-serving'),
  approver('kube-apiserver-client-approver', 'kubernetes.io/kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kubernetes.io/kube-apiserver-client-kubelet'),
  role('system:service-account-issuer-discovery', [
    pathRule('get', [
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ]),
  ]),
];

function role(name: string, rules: ClusterRole['rules']): ClusterRole {
  return { metadata: { name }, ...(rules ? { rules: [...rules] } : {}) };
}

function approver(name: string, signer: string): ClusterRole {
  return role(`system:certificates.k8s.io:${name}`, [namedRule('approve', CERTIFICATES, 'signers', [signer])]);
}
