import type { FieldError } from '../errors.js';
import { invalidValue, quote, required, tooLong } from './field-error.js';
import { byteLength, checkDnsLabel, checkDnsSubdomain } from './names.js';

const MAX_DOMAIN_BYTES = 253;
const MAX_BYTES = MAX_DOMAIN_BYTES + 253 + 63 + 2;

/** `example.com/my-signer`: who signs certificates. */
export function validateSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const [domain = '', signer, ...rest] = name.split('/');
  if (signer === undefined || rest.length > 0) {
    const text = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalidValue(path, name, text)];
  }
  const errors = byteLength(domain) > MAX_DOMAIN_BYTES ? [tooLong(path, MAX_DOMAIN_BYTES)] : [];
  errors.push(...validateParts(domain, path, checkDnsLabel));
  if (!domain.includes('.')) {
    errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'));
  }
  errors.push(...validateParts(signer, path, checkDnsSubdomain));
  return byteLength(name) > MAX_BYTES ? [...errors, tooLong(path, MAX_BYTES)] : errors;
}

/** Only the first part that is wrong is reported. */
function validateParts(text: string, path: string, check: (part: string) => string[]): FieldError[] {
  for (const part of text.split('.')) {
    const problems = check(part);
    if (problems.length === 0) continue;
    return problems.map((problem) => invalidValue(path, text, `validating label ${quote(part)}: ${problem}`));
  }
  return [];
}
