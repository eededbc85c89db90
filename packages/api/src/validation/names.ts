/**
 * Rules for names, labels, keys and ports. Each returns what is wrong with a
 * value, in Kubernetes' words; nothing means that it is right.
 * Sources: RFC 1123 and 1035, and the API conventions.
 */

const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const LABEL_WITH_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH_DOMAIN = `${LABEL_WITH_UNDERSCORE}(\\.${LABEL_WITH_UNDERSCORE})*`;
const WILDCARD_SUBDOMAIN = `\\*\\.${SUBDOMAIN_1123}`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const PERCENT = '[0-9]+%';

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const qualifiedNameRule = whole(QUALIFIED_NAME);
const label1123Rule = whole(LABEL_1123);
const subdomain1123Rule = whole(SUBDOMAIN_1123);
const searchDomainRule = whole(SEARCH_DOMAIN);
const wildcardSubdomainRule = whole(WILDCARD_SUBDOMAIN);
const label1035Rule = whole(LABEL_1035);
const labelValueRule = whole(LABEL_VALUE);
const configKeyRule = whole(CONFIG_KEY);
const httpHeaderRule = whole(HTTP_HEADER);
const percentRule = whole(PERCENT);

const LABEL_MAX_BYTES = 63;
const SUBDOMAIN_MAX_BYTES = 253;
const PORT_NAME_MAX_BYTES = 15;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const QUALIFIED_NAME_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

export function maxLengthText(maxBytes: number): string {
  return `must be no more than ${maxBytes} bytes`;
}

export function rangeText(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** The sentence that Kubernetes adds to every rule that is a pattern. */
export function patternText(text: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return examples.length === 0
    ? `${text} (regex used for validation is '${pattern}')`
    : `${text} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

export function checkDnsSubdomain(value: string): string[] {
  const problems = tooLongTexts(value, SUBDOMAIN_MAX_BYTES);
  if (!subdomain1123Rule.test(value)) problems.push(patternText(SUBDOMAIN_TEXT, SUBDOMAIN_1123, 'example.com'));
  return problems;
}

/** A domain in a resolver's search list, in which names of services (`_sip._tcp`) may be. */
export function checkDnsSearch(value: string): string[] {
  const problems = tooLongTexts(value, SUBDOMAIN_MAX_BYTES);
  const text =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  if (!searchDomainRule.test(value)) problems.push(patternText(text, SEARCH_DOMAIN, 'example.com'));
  return problems;
}

/** A host that stands for all of its subdomains: `*.example.com`. */
export function checkWildcardSubdomain(value: string): string[] {
  const problems = tooLongTexts(value, SUBDOMAIN_MAX_BYTES);
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  if (!wildcardSubdomainRule.test(value)) problems.push(patternText(text, WILDCARD_SUBDOMAIN, '*.example.com'));
  return problems;
}

export function checkDnsLabel(value: string): string[] {
  const problems = tooLongTexts(value, LABEL_MAX_BYTES);
  if (label1123Rule.test(value)) return problems;
  const onlyDots = subdomain1123Rule.test(value);
  problems.push(onlyDots ? 'must not contain dots' : patternText(LABEL_TEXT, LABEL_1123, 'my-name', '123-abc'));
  return problems;
}

/** A Service's name. */
export function checkDns1035Label(value: string): string[] {
  const problems = tooLongTexts(value, LABEL_MAX_BYTES);
  const text =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  if (!label1035Rule.test(value)) problems.push(patternText(text, LABEL_1035, 'my-name', 'abc-123'));
  return problems;
}

/** What may stand in a URL path. */
export function checkPathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

/** A label's or annotation's key, a finalizer, a resource name: `[prefix/]name`. */
export function checkQualifiedName(value: string): string[] {
  const parts = value.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    const text = patternText(QUALIFIED_NAME_TEXT, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc');
    return [`a qualified name ${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  if (second !== undefined) {
    const prefixProblems = first === '' ? ['must be non-empty'] : checkDnsSubdomain(first);
    problems.push(...prefixProblems.map((text) => `prefix part ${text}`));
  }
  const name = second ?? first;
  if (name === '') problems.push('name part must be non-empty');
  else problems.push(...tooLongTexts(name, LABEL_MAX_BYTES).map((text) => `name part ${text}`));
  if (!qualifiedNameRule.test(name)) {
    problems.push(`name part ${patternText(QUALIFIED_NAME_TEXT, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc')}`);
  }
  return problems;
}

export function checkLabelValue(value: string): string[] {
  const problems = tooLongTexts(value, LABEL_MAX_BYTES);
  const text =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  if (!labelValueRule.test(value)) problems.push(patternText(text, LABEL_VALUE, 'MyValue', 'my_value', '12345'));
  return problems;
}

/** A key of a ConfigMap or Secret: it becomes a file name. */
export function checkConfigKey(value: string): string[] {
  const problems = tooLongTexts(value, SUBDOMAIN_MAX_BYTES);
  const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  if (!configKeyRule.test(value)) problems.push(patternText(text, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  if (value === '.' || value === '..') problems.push(`must not be '${value}'`);
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** Since v1.34 any printable ASCII but `=` (KEP-4369). */
export function checkEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  const text = "a valid environment variable name must consist only of printable ASCII characters other than '='";
  return /^[\x20-\x3c\x3e-\x7e]*$/.test(value) ? [] : [text];
}

export function checkHttpHeaderName(value: string): string[] {
  const text = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return httpHeaderRule.test(value) ? [] : [patternText(text, HTTP_HEADER, 'X-Header-Name')];
}

export function checkPercent(value: string): string[] {
  const text = "a valid percent string must be a numeric string followed by an ending '%'";
  return percentRule.test(value) ? [] : [patternText(text, PERCENT, '1%', '93%')];
}

export function checkPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [rangeText(1, 65535)];
}

/** A port's name (RFC 6335, section 5.1). */
export function checkPortName(value: string): string[] {
  const problems = tooLongTexts(value, PORT_NAME_MAX_BYTES);
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

function tooLongTexts(value: string, maxBytes: number): string[] {
  return byteLength(value) > maxBytes ? [maxLengthText(maxBytes)] : [];
}
