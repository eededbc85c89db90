import type { PersistentVolumeClaimSpec, Quantity } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { type ParsedQuantity, parseQuantity, QuantityError } from '../quantity/quantity.js';
import { quote } from './field-error.js';
import { type DiffStruct, type DiffValue, goDiff } from './go-diff.js';

type Spec = DeepReadonly<PersistentVolumeClaimSpec>;
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

/** What differs between the specs of two claims, as Kubernetes prints it: see {@link goDiff}. */
export function claimSpecDiff(before: Spec, after: Spec): string {
  return goDiff(claimSpec(before), claimSpec(after));
}

/** The fields of Kubernetes' inner type, in its order. */
function claimSpec(spec: Spec): DiffStruct {
  return {
    type: 'core.PersistentVolumeClaimSpec',
    fields: [
      ['AccessModes', goList(spec.accessModes)],
      ['Selector', goSelector(spec.selector)],
      [
        'Resources',
        {
          type: 'core.VolumeResourceRequirements',
          fields: [
            ['Limits', resourceList(spec.resources?.limits)],
            ['Requests', resourceList(spec.resources?.requests)],
          ],
        },
      ],
      ['VolumeName', quote(spec.volumeName ?? '')],
      ['StorageClassName', pointer(spec.storageClassName)],
      ['VolumeMode', pointer(spec.volumeMode)],
      ['DataSource', reference('&core.TypedLocalObjectReference', spec.dataSource)],
      ['DataSourceRef', reference('&core.TypedObjectReference', spec.dataSourceRef)],
      ['VolumeAttributesClassName', pointer(spec.volumeAttributesClassName)],
    ],
  };
}

function resourceList(list: Readonly<Record<string, Quantity>> | undefined): DiffValue {
  if (list === undefined) return 'nil';
  const fields = Object.entries(list).map(([name, quantity]): [string, DiffValue] => [
    `s${quote(name)}`,
    goQuantity(quantity),
  ]);
  return { type: 'core.ResourceList', fields };
}

function goQuantity(text: Quantity): DiffValue {
  const parsed = parsedOrUndefined(text);
  if (parsed === undefined) return quote(text);
  const isWhole = parsed.nano % NANO === 0n;
  const amount: [string, string][] = isWhole
    ? [['value', String(parsed.nano / NANO)]]
    : [
        ['value', String(parsed.nano / MILLI)],
        ['scale', '-3'],
      ];
  return {
    type: '',
    fields: [
      ['i', { type: 'resource.int64Amount', fields: amount }],
      ['s', quote(text)],
      ['Format', quote(parsed.format)],
    ],
  };
}

function parsedOrUndefined(text: Quantity): ParsedQuantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

function goSelector(selector: Spec['selector']): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${quote(key)}: ${quote(value)}`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) => `{Key: ${quote(key)}, Operator: ${quote(operator)}, Values: ${goList(values)}}`,
  );
  const fields = [
    ...(labels.length > 0 ? [`MatchLabels: map[string]string{${labels.join(', ')}}`] : []),
    ...(expressions.length > 0 ? [`MatchExpressions: []v1.LabelSelectorRequirement{${expressions.join(', ')}}`] : []),
  ];
  return `&v1.LabelSelector{${fields.join(', ')}}`;
}

function reference(
  type: string,
  value: DeepReadonly<{ apiGroup?: string; kind: string; name: string; namespace?: string }> | undefined,
): string {
  if (value === undefined) return 'nil';
  const fields = [
    ...(value.apiGroup === undefined ? [] : [`APIGroup: ${pointer(value.apiGroup)}`]),
    `Kind: ${quote(value.kind)}`,
    `Name: ${quote(value.name)}`,
    ...(value.namespace === undefined ? [] : [`Namespace: ${pointer(value.namespace)}`]),
  ];
  return `${type}{${fields.join(', ')}}`;
}

function goList(values: readonly string[] | undefined): string {
  return values === undefined ? 'nil' : `{${values.map(quote).join(', ')}}`;
}

function pointer(value: string | undefined): string {
  return value === undefined ? 'nil' : `&${quote(value)}`;
}
