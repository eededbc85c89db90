import { describe, expect, it } from 'vitest';
import {
  checkConfigKey,
  checkDns1035Label,
  checkDnsLabel,
  checkDnsSubdomain,
  checkEnvVarName,
  checkLabelValue,
  checkPathSegment,
  checkPercent,
  checkPortName,
  checkQualifiedName,
} from './names.js';

const QUALIFIED =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const long = 'a'.repeat(64);

describe('rules for names', () => {
  it.each<[(value: string) => string[], string, string[]]>([
    [checkDnsSubdomain, 'a.b-c.d1', []],
    [checkDnsSubdomain, 'A', [SUBDOMAIN]],
    [checkDnsSubdomain, 'a..b', [SUBDOMAIN]],
    [checkDnsSubdomain, '-a', [SUBDOMAIN]],
    [checkDnsSubdomain, 'a\n', [SUBDOMAIN]],
    [checkDnsSubdomain, 'a'.repeat(254), ['must be no more than 253 bytes']],
    [checkDnsLabel, 'a1', []],
    [checkDnsLabel, 'a.b', ['must not contain dots']],
    [checkDnsLabel, 'a_b', [LABEL]],
    [checkDnsLabel, '', [LABEL]],
    [checkDnsLabel, long, ['must be no more than 63 bytes']],
    [checkDns1035Label, 'a1', []],
    [checkDns1035Label, '1a', [LABEL_1035]],
    [checkPathSegment, 'a:b', []],
    [checkPathSegment, '..', ["may not be '..'"]],
    [checkPathSegment, 'a/b%', ["may not contain '/'", "may not contain '%'"]],
    [checkQualifiedName, 'a.B_c', []],
    [checkQualifiedName, 'example.com/a', []],
    [checkQualifiedName, '/a', ['prefix part must be non-empty']],
    [checkQualifiedName, 'a/', ['name part must be non-empty', `name part ${QUALIFIED}`]],
    [checkQualifiedName, 'EX/a', [`prefix part ${SUBDOMAIN}`]],
    [checkQualifiedName, long, ['name part must be no more than 63 bytes']],
    [
      checkQualifiedName,
      'a/b/c',
      [`a qualified name ${QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
    ],
    [checkLabelValue, '', []],
    [checkLabelValue, 'a_B.1', []],
    [checkConfigKey, 'a.B-_1', []],
    [checkConfigKey, '..', ["must not be '..'"]],
    [checkConfigKey, '..a', ["must not start with '..'"]],
    [
      checkConfigKey,
      'a/b',
      [
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [checkEnvVarName, 'a b.c-1', []],
    [
      checkEnvVarName,
      'a=b',
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
    [checkPercent, '25%', []],
    [
      checkPercent,
      '25',
      [
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [checkPortName, 'http-8', []],
    [checkPortName, 'a'.repeat(16), ['must be no more than 15 bytes']],
    [checkPortName, '80', ['must contain at least one letter (a-z)']],
    [checkPortName, 'a--b', ['must not contain consecutive hyphens']],
    [checkPortName, '-a', ['must not begin or end with a hyphen']],
    [
      checkPortName,
      'A',
      [
        'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'must contain at least one letter (a-z)',
      ],
    ],
  ])('%o %j', (check, value, problems) => {
    expect(check(value)).toEqual(problems);
  });
});
