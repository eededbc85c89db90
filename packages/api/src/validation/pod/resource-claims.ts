import type { FieldError } from '../../errors.js';
import type { PodResourceClaim, PodSpec, ResourceClaim } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { duplicate, invalidEach, invalidValue, notFoundValue, required } from '../field-error.js';
import { checkDnsLabel } from '../names.js';

/** The devices that a pod claims, and which of them its containers use. */
export function validateResourceClaims(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  const claims = spec.resourceClaims ?? [];
  const names = claims.flatMap(({ name }) => (name ? [name] : []));
  const ofContainers = (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ resources }, i) =>
      validateUses(resources?.claims ?? [], names, `${path}.${list}[${i}].resources.claims`),
    ),
  );
  return [
    ...claims.flatMap((claim, i) => validateClaim(claim, claims.slice(0, i), `${path}.resourceClaims[${i}]`)),
    ...ofContainers,
  ];
}

function validateClaim(
  claim: DeepReadonly<PodResourceClaim>,
  earlier: DeepReadonly<PodResourceClaim[]>,
  path: string,
): FieldError[] {
  const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`));
  else if (earlier.some((other) => other.name === name)) errors.push(duplicate(`${path}.name`, name));
  else errors.push(...invalidEach(`${path}.name`, name, checkDnsLabel(name)));
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const shown = {
    Name: name,
    ResourceClaimName: resourceClaimName ?? null,
    ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
  };
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
    errors.push(invalidValue(path, shown, text));
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    errors.push(invalidValue(path, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
  }
  return errors;
}

function validateUses(uses: DeepReadonly<ResourceClaim[]>, names: readonly string[], path: string): FieldError[] {
  const known = [...new Set(names)].sort().join(', ');
  const detail = `must be one of the names in pod.spec.resourceClaims${known === '' ? ' which is empty' : `: ${known}`}`;
  return uses.flatMap(({ name = '' }, i) => {
    if (name === '') return [required(`${path}[${i}]`)];
    return names.includes(name) ? [] : [notFoundValue(`${path}[${i}]`, name, detail)];
  });
}
