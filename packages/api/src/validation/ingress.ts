import type { FieldError } from '../errors.js';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressTLS,
  TypedLocalObjectReference,
} from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { noAddress } from './addresses.js';
import { invalidEach, invalidValue, notSupported, required } from './field-error.js';
import {
  checkDns1035Label,
  checkDnsSubdomain,
  checkPathSegment,
  checkPortName,
  checkPortNumber,
  checkWildcardSubdomain,
} from './names.js';
import { ipAddress } from './values.js';

/** The annotation that came before spec.ingressClassName. */
export const INGRESS_CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_AT_THE_END = ['/..', '/.'];

export function validateIngress({ spec = {} }: DeepReadonly<Ingress>): FieldError[] {
  const { rules, defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if ((rules ?? []).length === 0 && defaultBackend === undefined) {
    errors.push(invalidValue('spec', rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) errors.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  errors.push(...(rules ?? []).flatMap((rule, i) => validateRule(rule, `spec.rules[${i}]`)));
  errors.push(...tls.flatMap((entry, i) => validateTls(entry, `spec.tls[${i}]`)));
  if (ingressClassName !== undefined) {
    errors.push(...invalidEach('spec.ingressClassName', ingressClassName, checkDnsSubdomain(ingressClassName)));
  }
  return errors;
}

/** Only at creation: the annotation and the field must agree. */
export function validateIngressCreate({ metadata, spec }: DeepReadonly<Ingress>): FieldError[] {
  const annotation = metadata?.annotations?.[INGRESS_CLASS_ANNOTATION];
  const className = spec?.ingressClassName;
  if (annotation === undefined || className === undefined || annotation === className) return [];
  const text = 'must match `ingressClassName` when both are specified';
  return [invalidValue(`annotations.${INGRESS_CLASS_ANNOTATION}`, annotation, text)];
}

function validateRule({ host = '', http }: DeepReadonly<IngressRule>, path: string): FieldError[] {
  const errors = host === '' ? [] : [...noAddress(`${path}.host`, host), ...validateHost(host, `${path}.host`)];
  if (http === undefined) return errors;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...paths.flatMap((one, i) => validatePath(one, `${path}.http.paths[${i}]`))];
}

function validateHost(host: string, path: string): FieldError[] {
  return invalidEach(path, host, host.includes('*') ? checkWildcardSubdomain(host) : checkDnsSubdomain(host));
}

function validatePath(httpPath: DeepReadonly<Partial<HTTPIngressPath>>, path: string): FieldError[] {
  const { path: text = '', pathType, backend = {} } = httpPath;
  if (pathType === undefined) return [required(`${path}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${path}.pathType`, pathType, PATH_TYPES));
  else errors.push(...validatePathText(text, pathType, `${path}.path`));
  return [...errors, ...validateBackend(backend, `${path}.backend`)];
}

function validatePathText(text: string, pathType: string, path: string): FieldError[] {
  const isFree = pathType === 'ImplementationSpecific';
  if (isFree && text === '') return [];
  const errors = text.startsWith('/') ? [] : [invalidValue(path, text, 'must be an absolute path')];
  if (isFree) return errors;
  for (const part of FORBIDDEN_IN_PATHS) {
    if (text.includes(part)) errors.push(invalidValue(path, text, `must not contain '${part}'`));
  }
  for (const end of FORBIDDEN_AT_THE_END) {
    if (text.endsWith(end)) errors.push(invalidValue(path, text, `cannot end with '${end}'`));
  }
  return errors;
}

function validateBackend({ resource, service }: DeepReadonly<IngressBackend>, path: string): FieldError[] {
  if (resource && service) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, `${path}.resource`);
  if (service) return validateServiceBackend(service, path);
  return [invalidValue(path, '', 'resource or service backend is required')];
}

function validateServiceBackend(service: DeepReadonly<IngressServiceBackend>, path: string): FieldError[] {
  const { name = '', port } = service;
  const at = `${path}.service`;
  const errors = name === '' ? [required(`${at}.name`)] : invalidEach(`${at}.name`, name, checkDns1035Label(name));
  const { name: portName = '', number = 0 } = port ?? {};
  if (portName !== '' && number !== 0) {
    return [...errors, invalidValue(path, '', 'cannot set both port name & port number')];
  }
  if (portName !== '') return [...errors, ...invalidEach(`${at}.port.name`, portName, checkPortName(portName))];
  if (number !== 0) return [...errors, ...invalidEach(`${at}.port.number`, number, checkPortNumber(number))];
  return [...errors, required(path, 'port name or number is required')];
}

/** A reference to an object of any kind, in the same namespace. */
export function validateTypedReference(
  reference: DeepReadonly<Partial<TypedLocalObjectReference>>,
  path: string,
): FieldError[] {
  const { apiGroup, kind = '', name = '' } = reference;
  const errors = apiGroup === undefined ? [] : invalidEach(`${path}.apiGroup`, apiGroup, checkDnsSubdomain(apiGroup));
  for (const [field, value] of Object.entries({ kind, name })) {
    if (value === '') errors.push(required(`${path}.${field}`));
    else errors.push(...invalidEach(`${path}.${field}`, value, checkPathSegment(value)));
  }
  return errors;
}

function validateTls({ hosts = [], secretName = '' }: DeepReadonly<IngressTLS>, path: string): FieldError[] {
  return [
    ...hosts.flatMap((host, i) => validateHost(host, `${path}.hosts[${i}]`)),
    ...(secretName === '' ? [] : invalidEach(`${path}.secretName`, secretName, checkDnsSubdomain(secretName))),
  ];
}

export function validateIngressStatusUpdate({ status }: DeepReadonly<Ingress>): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }, i) => {
    const path = `status.loadBalancer.ingress[${i}]`;
    return [
      ...(ip === '' ? [] : ipAddress(`${path}.ip`, ip)),
      ...(hostname === '' ? [] : invalidEach(`${path}.hostname`, hostname, checkDnsSubdomain(hostname))),
      ...noAddress(`${path}.hostname`, hostname),
    ];
  });
}
