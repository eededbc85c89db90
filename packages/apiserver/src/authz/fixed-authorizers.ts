import { ALLOWED, type AuthorizationMode, NO_OPINION, NO_RULES } from './authorizer.js';

const EVERYTHING = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** --authorization-mode=AlwaysAllow */
export const alwaysAllow: AuthorizationMode = {
  authorize: () => ALLOWED,
  rulesFor: () => ({ rules: EVERYTHING, incomplete: false, errors: [] }),
};

/** --authorization-mode=AlwaysDeny */
export const alwaysDeny: AuthorizationMode = {
  authorize: () => ({ decision: 'noOpinion', reason: 'Everything is forbidden.' }),
  rulesFor: () => NO_RULES,
};

const SUPERUSERS = 'system:masters';

/** The group that needs no role: a cluster whose roles are broken can be mended. */
export const superusers: AuthorizationMode = {
  authorize: ({ user }) => (user.groups.includes(SUPERUSERS) ? ALLOWED : NO_OPINION),
  rulesFor: () => NO_RULES,
};

/** Asked for before there are any roles. */
const HEALTH_PATHS = new Set(['/healthz', '/livez', '/readyz']);

/** Kubernetes' --authorization-always-allow-paths, with its default. */
export const healthPaths: AuthorizationMode = {
  authorize: ({ resource, path }) => (resource === undefined && HEALTH_PATHS.has(path) ? ALLOWED : NO_OPINION),
  rulesFor: () => NO_RULES,
};
