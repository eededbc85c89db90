import { ApiError, qualifiedName } from '@kubelab/api';
import type { Attributes } from './authorizer.js';

/** 403, worded as Kubernetes words it. */
export function forbidden(attributes: Attributes, reason = ''): ApiError {
  const { user, verb, resource, subresource, namespace, name, path } = attributes;
  const who = `User ${JSON.stringify(user.name)}`;
  const because = reason === '' ? '' : `: ${reason}`;
  if (resource === undefined) {
    const message = `forbidden: ${who} cannot ${verb} path ${JSON.stringify(path)}${because}`;
    return new ApiError('Forbidden', message, { details: {} });
  }
  const target = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} ${JSON.stringify(name)}`;
  return new ApiError(
    'Forbidden',
    `${what} is forbidden: ${who} cannot ${verb} resource "${target}" in API group "${resource.group}" ${where}${because}`,
    {
      details: {
        ...(name ? { name } : {}),
        ...(resource.group ? { group: resource.group } : {}),
        kind: resource.plural,
      },
    },
  );
}
