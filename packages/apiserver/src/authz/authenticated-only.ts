import { isAnonymous } from '../authn/user.js';
import type { Attributes, Authorizer } from './authorizer.js';

/** Open to everybody, as in Kubernetes' `system:public-info-viewer` role. */
const PUBLIC_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** Any authenticated identity may do anything; anonymous requests may only ask for health and version. */
export const authenticatedOnly: Authorizer = {
  isAllowed({ user, verb, path, resource }: Attributes): boolean {
    if (!isAnonymous(user)) return true;
    return resource === undefined && (verb === 'get' || verb === 'head') && PUBLIC_PATHS.has(path);
  },
};
