import type { FieldError } from '../../errors.js';
import type { HostAlias, PodDNSConfig, PodSpec } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { invalidEach, invalidValue, required } from '../field-error.js';
import { checkDnsSearch, checkDnsSubdomain } from '../names.js';
import { ipAddress } from '../values.js';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

export function validateDnsConfig(spec: DeepReadonly<PodSpec>, path: string): FieldError[] {
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((config.nameservers ?? []).length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${path}.nameservers`, text), ...validateConfig(config, path)];
    }
  }
  return config === undefined ? [] : validateConfig(config, path);
}

function validateConfig(config: DeepReadonly<PodDNSConfig>, path: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = config;
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) {
    const text = `must not have more than ${MAX_NAMESERVERS} nameservers`;
    errors.push(invalidValue(`${path}.nameservers`, nameservers, text));
  }
  errors.push(...nameservers.flatMap((server, i) => ipAddress(`${path}.nameservers[${i}]`, server)));
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalidValue(`${path}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const text = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(invalidValue(`${path}.searches`, searches, text));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    errors.push(...invalidEach(`${path}.searches[${i}]`, search, checkDnsSearch(search.replace(/\.$/, ''))));
  });
  options.forEach((option, i) => {
    if ((option.name ?? '') === '') errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  });
  return errors;
}

export function validateHostAliases(aliases: DeepReadonly<HostAlias[]>, path: string): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...ipAddress(`${path}[${i}].ip`, ip),
    ...hostnames.flatMap((name) => invalidEach(`${path}[${i}].hostnames`, name, checkDnsSubdomain(name))),
  ]);
}
