import { ApiError } from '@kubelab/api';
import type { Attributes } from './authorizer.js';

/** 403, worded as Kubernetes words it. */
export function forbidden(attributes: Attributes): ApiError {
  const { user, verb, resource, subresource, namespace, name, path } = attributes;
  if (resource === undefined) {
    return new ApiError('Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, { details: {} });
  }
  const qualified = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  const target = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = name === '' ? qualified : `${qualified} "${name}"`;
  return new ApiError(
    'Forbidden',
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${target}" in API group "${resource.group}" ${where}`,
    {
      details: {
        ...(name ? { name } : {}),
        ...(resource.group ? { group: resource.group } : {}),
        kind: resource.plural,
      },
    },
  );
}
