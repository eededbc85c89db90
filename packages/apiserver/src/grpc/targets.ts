import type { ResourceType } from '@kubelab/api';
import type { TargetMessage } from '@kubelab/runtime';
import { methodNotAllowed, notServed } from '../registry/not-served.js';
import type { Target } from '../registry/registry.js';
import type { Verb } from '../registry/request.js';

/** Finds the row of the table that a message names. @throws ApiError NotFound, MethodNotAllowed */
export type TargetResolver = (message: TargetMessage | null, verb: Verb) => Target;

export function targetResolver(resources: readonly ResourceType[]): TargetResolver {
  const byName = new Map(
    resources.map((resource) => [nameOf(resource.group, resource.version, resource.plural), resource]),
  );
  return (message, verb) => {
    const resource = message && byName.get(nameOf(message.group, message.version, message.resource));
    if (!resource) throw notServed();
    const { namespace, name, subresource } = message;
    const needsName =
      verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete' || subresource !== '';
    if (needsName && name === '') throw notServed();
    const needsNamespace = resource.namespaced && (needsName || verb === 'create');
    if (needsNamespace !== (namespace !== '') && (needsNamespace || !resource.namespaced)) throw notServed();
    if (subresource === '' && resource.verbs?.includes(verb) === false) throw methodNotAllowed();
    if (subresource !== '') {
      const row = resource.subresources.find((candidate) => candidate.name === subresource);
      if (row === undefined) throw notServed();
      if (!row.verbs.includes(verb)) throw methodNotAllowed();
    }
    // A create names its object in the body.
    const named = verb !== 'create' || subresource !== '';
    return { resource, subresource, key: { namespace, name: named ? name : '' } };
  };
}

function nameOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
