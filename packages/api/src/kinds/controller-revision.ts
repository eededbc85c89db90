import type { FieldError } from '../errors.js';
import type { ControllerRevision } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { required } from '../validation/field-error.js';
import { immutableField, nonNegative } from '../validation/values.js';
import { controllerOf } from './owner.js';

function validateControllerRevision({ data, revision }: DeepReadonly<ControllerRevision>): FieldError[] {
  const missing = data === undefined || data === null ? [required('data', 'data is mandatory')] : [];
  return [...missing, ...nonNegative('revision', revision)];
}

/** `daemonset.apps/x`. */
function controllerText(revision: DeepReadonly<ControllerRevision>): string {
  const owner = controllerOf(revision);
  if (owner === undefined) return '<none>';
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind}${group}`.toLowerCase().concat('/', owner.name);
}

export const controllerRevisions: ResourceType<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'ControllerRevision',
  subresources: [],
  columns: [
    nameColumn<ControllerRevision>(),
    column('Controller', 'string', 'The object whose state was recorded.', controllerText),
    column('Revision', 'string', 'Which of its states this is.', ({ revision }) => revision),
    ageColumn<ControllerRevision>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    validate: validateControllerRevision,
    validateUpdate: (revision, old) => immutableField('data', revision.data, old.data),
  },
};
