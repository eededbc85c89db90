import type { ResourceType } from '../../resource.js';
import { definitionOf } from '../../schema-kinds.js';
import { type FieldSet, singleton, union } from './field-set.js';
import type { TrackedFields } from './tracked-fields.js';

const SPEC = singleton('f:spec');
const STATUS = singleton('f:status');

const of = (...sets: readonly FieldSet[]): FieldSet => sets.reduce((all, set) => union(all, set) as FieldSet);

/** What kinds' strategies reset beyond status in writes of the object and spec in writes of its status. */
const IGNORED: Readonly<Record<string, FieldSet>> = {
  'apps/deployments/status': of(SPEC, singleton('f:metadata', 'f:labels')),
  '/pods/status': of(
    SPEC,
    singleton('f:metadata', 'f:deletionTimestamp'),
    singleton('f:metadata', 'f:ownerReferences'),
  ),
  'certificates.k8s.io/certificatesigningrequests/approval': of(SPEC, singleton('f:status', 'f:certificate')),
  'storage.k8s.io/volumeattachments/status': of(SPEC, singleton('f:metadata')),
};

const ANY = '*';

/** Subresources that change one part of the object and nothing else. */
const ONLY: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '/pods/ephemeralcontainers': [['f:spec', 'f:ephemeralContainers']],
  '/pods/resize': [
    ['f:spec', 'f:containers', ANY, 'f:resources'],
    ['f:spec', 'f:containers', ANY, 'f:resizePolicy'],
    ['f:spec', 'f:initContainers', ANY, 'f:resources'],
    ['f:spec', 'f:initContainers', ANY, 'f:resizePolicy'],
  ],
};

const SCALE: TrackedFields = { only: [['f:spec', 'f:replicas']] };
const EVERYTHING: TrackedFields = {};

/**
 * The fields that a write of an object, or of a part of it, can come to own:
 * those that its strategy does not set back. Source: each strategy's
 * GetResetFields in Kubernetes v1.34.
 */
export function trackedFieldsOf(
  resource: Pick<ResourceType, 'group' | 'plural' | 'definition' | 'subresources'>,
  subresource: string,
): TrackedFields {
  if (subresource === 'scale') return SCALE;
  const path = `${resource.group}/${resource.plural}/${subresource}`;
  const only = ONLY[path];
  if (only !== undefined) return { only };
  const ignored = IGNORED[path] ?? usuallyIgnored(resource, subresource);
  return ignored === undefined ? EVERYTHING : { ignored };
}

function usuallyIgnored(
  { definition, subresources }: Pick<ResourceType, 'definition' | 'subresources'>,
  subresource: string,
): FieldSet | undefined {
  if (subresource === 'status') return SPEC;
  const hasStatus = Object.hasOwn(definitionOf(definition).properties, 'status');
  return hasStatus && subresources.some(({ name }) => name === 'status') ? STATUS : undefined;
}
