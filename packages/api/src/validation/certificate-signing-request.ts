import type { FieldError } from '../errors.js';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { certificateProblem, certificateRequestProblem } from './certificate-request.js';
import { duplicate, forbidden, invalidValue, notSupported, required } from './field-error.js';
import { semanticEqual } from './semantic-equal.js';
import { validateSignerName } from './signer-name.js';

type Request = DeepReadonly<Partial<CertificateSigningRequest>>;
type Conditions = DeepReadonly<Partial<CertificateSigningRequestCondition>[]>;

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const MIN_EXPIRATION_SECONDS = 600;
/** Conditions that are never taken back. */
const FINAL_TYPES = ['Approved', 'Denied', 'Failed'];
const APPROVAL_TYPES = ['Approved', 'Denied'];

export function validateCertificateSigningRequest({ spec, status }: Request): FieldError[] {
  const { request = '', usages = [], signerName = '', expirationSeconds } = spec ?? {};
  const errors: FieldError[] = [];
  const problem = certificateRequestProblem(request);
  if (problem !== undefined) errors.push(invalidValue('spec.request', request, problem));
  errors.push(...validateUsages(usages, 'spec.usages'));
  if (signerName === LEGACY_SIGNER) {
    const text = 'the legacy signerName is not allowed via this API version';
    errors.push(invalidValue('spec.signerName', signerName, text));
  } else {
    errors.push(...validateSignerName(signerName, 'spec.signerName'));
  }
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalidValue('spec.expirationSeconds', expirationSeconds, text));
  }
  return [...errors, ...validateConditions(status?.conditions ?? [], 'status.conditions')];
}

function validateUsages(usages: readonly string[], path: string): FieldError[] {
  if (usages.length === 0) return [required(path)];
  const unknown = usages.flatMap((usage, i) =>
    USAGES.includes(usage) ? [] : [notSupported(`${path}[${i}]`, usage, USAGES)],
  );
  const repeated = usages.flatMap((usage, i) => (usages.indexOf(usage) < i ? [duplicate(`${path}[${i}]`, usage)] : []));
  return [...unknown, ...repeated];
}

function validateConditions(conditions: Conditions, path: string): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '', status = '' }, i) => {
    const at = `${path}[${i}]`;
    const errors = type === '' ? [required(`${at}.type`)] : [];
    const allowed = FINAL_TYPES.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (opposite !== undefined && seen.has(opposite)) {
      const text = 'Approved and Denied conditions are mutually exclusive';
      errors.push(invalidValue(`${at}.type`, type, text));
    }
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    return errors;
  });
}

/** What a write of the object itself, its status or its approval may change. */
export function validateCertificateSigningRequestUpdate(
  request: Request,
  old: Request,
  part: 'object' | 'status' | 'approval',
): FieldError[] {
  const before = old.status?.conditions ?? [];
  const after = request.status?.conditions ?? [];
  const path = 'status.conditions';
  const errors = FINAL_TYPES.filter((type) => ofType(after, type).length < ofType(before, type).length).map((type) =>
    forbidden(path, `updates may not remove a condition of type "${type}"`),
  );
  for (const type of part === 'approval' ? [] : APPROVAL_TYPES) {
    const [was, is] = [ofType(before, type), ofType(after, type)];
    if (is.length > was.length) errors.push(forbidden(path, `updates may not add a condition of type "${type}"`));
    else if (is.length === was.length && !semanticEqual(is, was)) {
      errors.push(forbidden(path, `updates may not modify a condition of type "${type}"`));
    }
  }
  return [...errors, ...validateCertificate(request, old, part)];
}

function validateCertificate(request: Request, old: Request, part: string): FieldError[] {
  const path = 'status.certificate';
  const certificate = request.status?.certificate ?? '';
  const before = old.status?.certificate ?? '';
  if (certificate === before) return [];
  const problem = certificateProblem(certificate);
  const errors = problem === undefined ? [] : [invalidValue(path, '<certificate data>', problem)];
  if (part !== 'status') errors.push(forbidden(path, 'updates may not set certificate content'));
  else if (before !== '') errors.push(forbidden(path, 'updates may not modify existing certificate content'));
  return errors;
}

function ofType(conditions: Conditions, type: string): Conditions {
  return conditions.filter((condition) => condition.type === type);
}
