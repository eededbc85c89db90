import type { PolicyRule } from '@kubelab/api';

/** Groups of verbs and API groups as the default roles name them. */
export const READ = ['get', 'list', 'watch'];
export const READ_UPDATE = ['get', 'list', 'watch', 'update', 'patch'];
export const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
export const READ_WRITE = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export const CORE = '';
export const APPS = 'apps';
/** Where the kinds of apps were before. */
export const APPS_AND_EXTENSIONS = ['apps', 'extensions'];
export const AUTHENTICATION = 'authentication.k8s.io';
export const AUTHORIZATION = 'authorization.k8s.io';
export const AUTOSCALING = 'autoscaling';
export const BATCH = 'batch';
export const CERTIFICATES = 'certificates.k8s.io';
export const COORDINATION = 'coordination.k8s.io';
export const DISCOVERY = 'discovery.k8s.io';
export const EVENTS = 'events.k8s.io';
export const EXTENSIONS = 'extensions';
export const NETWORKING = 'networking.k8s.io';
export const POLICY = 'policy';
export const RBAC = 'rbac.authorization.k8s.io';
export const RESOURCE = 'resource.k8s.io';
export const STORAGE = 'storage.k8s.io';

/** `verbs` and `resources` parted by blanks. */
export function rule(
  verbs: string | readonly string[],
  groups: string | readonly string[],
  resources: string,
): PolicyRule {
  return { verbs: words(verbs), apiGroups: [groups].flat(), resources: words(resources).sort() };
}

export function namedRule(verbs: string, group: string, resources: string, names: readonly string[]): PolicyRule {
  return { ...rule(verbs, group, resources), resourceNames: [...names] };
}

export function pathRule(verbs: string, paths: readonly string[]): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: [...paths] };
}

/** Whoever does something tells of it. */
export const EVENTS_RULE: PolicyRule = {
  verbs: ['create', 'patch', 'update'],
  apiGroups: [CORE, EVENTS],
  resources: ['events'],
};

function words(text: string | readonly string[]): string[] {
  return typeof text === 'string' ? text.split(' ') : [...text];
}
