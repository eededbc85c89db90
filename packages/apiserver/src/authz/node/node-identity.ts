import type { User } from '../../authn/user.js';

const USER_PREFIX = 'system:node:';
const NODES_GROUP = 'system:nodes';

/** The name of the node that a user is; undefined for one who is none. */
export function nodeNameOf({ name, groups }: User): string | undefined {
  if (!name.startsWith(USER_PREFIX) || !groups.includes(NODES_GROUP)) return undefined;
  return name.slice(USER_PREFIX.length);
}
