import type { FieldError } from '../errors.js';
import type { Node, Taint } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, forbidden, invalidValue } from './field-error.js';
import { checkLabelValue } from './names.js';
import { validateLabelKey } from './object-meta.js';
import { validateTaintEffect } from './pod/placement.js';
import { validateResourceQuantity } from './pod/resources.js';
import { semanticEqual } from './semantic-equal.js';
import { cidr } from './values.js';

export function validateNode({ spec, status }: DeepReadonly<Node>): FieldError[] {
  return [
    ...validateTaints(spec?.taints ?? [], 'spec.taints'),
    ...validatePodRanges(spec?.podCIDRs ?? [], 'spec.podCIDRs'),
    ...validateAmounts(status?.capacity, 'status.capacity'),
    ...validateAmounts(status?.allocatable, 'status.allocatable'),
  ];
}

/** One of each IP family at most. */
function validatePodRanges(ranges: readonly string[], path: string): FieldError[] {
  const errors = ranges.flatMap((range, i) => cidr(`${path}[${i}]`, range));
  if (ranges.length < 2 || errors.length > 0) return errors;
  const families = new Set(ranges.map((range) => range.includes(':')));
  if (ranges.length > 2 || families.size < 2) {
    errors.push(invalidValue(path, ranges, 'may specify no more than one CIDR for each IP family'));
  }
  const repeated = ranges.flatMap((range, i) => (ranges.indexOf(range) < i ? [duplicate(`${path}[${i}]`, range)] : []));
  return [...errors, ...repeated];
}

function validateAmounts(list: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, quantity]) =>
    validateResourceQuantity(name, quantity, `${path}.${name}`),
  );
}

/** A key may be there once with each effect. */
function validateTaints(taints: DeepReadonly<Taint[]>, path: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const { key = '', value = '', effect = '', timeAdded = null } = taint;
    const at = `${path}[${i}]`;
    const problems = checkLabelValue(value);
    const errors = [
      ...validateLabelKey(key, `${at}.key`),
      ...(problems.length > 0 ? [invalidValue(`${at}.value`, value, problems.join(';'))] : []),
      ...validateTaintEffect(effect, `${at}.effect`),
    ];
    if (seen.has(`${effect}/${key}`)) {
      // Kubernetes shows its inner type here, whose fields are capitalized.
      errors.push(duplicate(at, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded }));
    }
    seen.add(`${effect}/${key}`);
    return errors;
  });
}

/** Who a node is does not change; what it may take does. */
export function validateNodeUpdate(node: DeepReadonly<Node>, old: DeepReadonly<Node>): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.spec ?? {};
  const after = node.spec ?? {};
  if ((before.podCIDRs ?? []).length > 0 && !semanticEqual(after.podCIDRs, before.podCIDRs)) {
    const text = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden('spec.podCIDRs', text));
  }
  if (before.providerID && after.providerID !== before.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

export function validateNodeStatusUpdate(node: DeepReadonly<Node>): FieldError[] {
  const seen = new Set<string>();
  const addresses = (node.status?.addresses ?? []).flatMap(({ type, address }, i) => {
    const key = `${type}/${address}`;
    const errors = seen.has(key) ? [duplicate(`status.addresses[${i}]`, { Type: type, Address: address })] : [];
    seen.add(key);
    return errors;
  });
  return [...validateNode(node), ...addresses];
}
