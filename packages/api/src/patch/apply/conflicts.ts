import { ApiError } from '../../errors.js';
import type { StatusCause } from '../../generated/types.js';
import { difference, type FieldSet, forEachMember } from './field-set.js';
import { identityText, type Manager } from './managers.js';
import type { Conflict } from './ownership.js';
import { formatFieldPath } from './path-element.js';

/** The conflicts that are left where those about `allowed` are none. */
export function withoutAllowed(conflicts: readonly Conflict[], allowed: FieldSet | undefined): Conflict[] {
  return conflicts.flatMap(({ manager, fields }) => {
    const left = difference(fields, allowed);
    return left === undefined ? [] : [{ manager, fields: left }];
  });
}

/** 409 with one cause for each field, worded as Kubernetes words it. */
export function applyConflict(conflicts: readonly Conflict[], shownApiVersion?: string): ApiError {
  const byManager = [...conflicts].sort((a, b) => (identityText(a.manager) < identityText(b.manager) ? -1 : 1));
  const causes: StatusCause[] = [];
  const lines: string[] = [];
  for (const { manager, fields } of byManager) {
    const owner = describeManager(manager, shownApiVersion ?? manager.apiVersion);
    lines.push(`conflicts with ${owner}:`);
    forEachMember(fields, (path) => {
      const field = formatFieldPath(path);
      lines.push(`- ${field}`);
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field });
    });
  }
  const [only] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${only?.message}: ${only?.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return new ApiError('Conflict', message, { details: { causes } });
}

function describeManager({ manager, operation, subresource }: Manager, apiVersion: string): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
