import type { FieldError } from '../errors.js';
import type { IngressClass, IngressClassParametersReference } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { forbidden, invalidEach, invalidValue, notSupported, required, tooLong } from './field-error.js';
import { validateTypedReference } from './ingress.js';
import { byteLength, checkDnsLabel, checkDnsSubdomain, patternText } from './names.js';
import { immutableField } from './values.js';

const MAX_CONTROLLER_BYTES = 250;
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathRule = new RegExp(`^${HTTP_PATH}$`);
const SCOPES = ['Cluster', 'Namespace'];

export function validateIngressClass({ spec = {} }: DeepReadonly<IngressClass>): FieldError[] {
  const { controller = '', parameters } = spec;
  const path = 'spec.controller';
  const errors: FieldError[] = [];
  if (controller === '') errors.push(required(path));
  else {
    if (byteLength(controller) > MAX_CONTROLLER_BYTES) errors.push(tooLong(path, MAX_CONTROLLER_BYTES));
    errors.push(...validateDomainPrefixedPath(controller, path));
  }
  return parameters === undefined ? errors : [...errors, ...validateParameters(parameters, 'spec.parameters')];
}

/** `example.com/anything`. */
function validateDomainPrefixedPath(value: string, path: string): FieldError[] {
  const slash = value.indexOf('/');
  const host = value.slice(0, slash);
  const rest = value.slice(slash + 1);
  if (slash < 1 || rest === '') {
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = invalidEach(path, host, checkDnsSubdomain(host));
  if (!httpPathRule.test(rest)) errors.push(invalidValue(path, rest, patternText('Invalid path', HTTP_PATH)));
  return errors;
}

function validateParameters(parameters: DeepReadonly<IngressClassParametersReference>, path: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateTypedReference(parameters, path);
  if (scope === undefined) return [...errors, required(`${path}.scope`)];
  if (!SCOPES.includes(scope)) return [...errors, notSupported(`${path}.scope`, scope, SCOPES)];
  if (scope === 'Cluster') {
    const text = "`parameters.scope` is set to 'Cluster'";
    return namespace === undefined ? errors : [...errors, forbidden(`${path}.namespace`, text)];
  }
  if (namespace === undefined) {
    return [...errors, required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  }
  return [...errors, ...invalidEach(`${path}.namespace`, namespace, checkDnsLabel(namespace))];
}

export function validateIngressClassUpdate(
  ingressClass: DeepReadonly<IngressClass>,
  old: DeepReadonly<IngressClass>,
): FieldError[] {
  return immutableField('spec.controller', ingressClass.spec?.controller ?? '', old.spec?.controller ?? '');
}
