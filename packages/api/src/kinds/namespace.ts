import type { FieldError } from '../errors.js';
import type { Namespace } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import { invalidEach, invalidValue } from '../validation/field-error.js';
import { checkQualifiedName } from '../validation/names.js';
import { validateFinalizerIsKnown } from '../validation/object-meta.js';

const FINALIZER = 'kubernetes';
const NAME_LABEL = 'kubernetes.io/metadata.name';

const namespaceStrategy: ResourceStrategy<Namespace> = {
  tracksGeneration: false,
  nameRule: 'dnsLabel',
  /** The label lets selectors of namespaces name one. */
  setDefaults({ metadata }) {
    if (metadata?.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) namespace.spec = { ...namespace.spec, finalizers: [...finalizers, FINALIZER] };
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
    namespace.status = old.status;
  },
  validate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((finalizer) => [
      ...invalidEach('spec.finalizers', finalizer, checkQualifiedName(finalizer)),
      ...validateFinalizerIsKnown(finalizer, 'spec.finalizers'),
    ]),
  validateStatusUpdate: validatePhase,
};

function validatePhase({ metadata, status }: DeepReadonly<Namespace>): FieldError[] {
  const phase = status?.phase ?? '';
  const isGoing = metadata?.deletionTimestamp !== undefined;
  if (phase === (isGoing ? 'Terminating' : 'Active')) return [];
  const text = isGoing
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalidValue('status.Phase', phase, text)];
}

export const namespaces: ResourceType<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  namespaced: false,
  definition: 'Namespace',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [
    { name: 'status', kind: 'Namespace', verbs: ['get', 'patch', 'update'] },
    { name: 'finalize', kind: 'Namespace', verbs: ['update'] },
  ],
  columns: [
    nameColumn<Namespace>(),
    column('Status', 'string', 'Whether the namespace is there or going.', ({ status }) => status?.phase ?? ''),
    ageColumn<Namespace>(),
  ],
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  strategy: namespaceStrategy,
};
