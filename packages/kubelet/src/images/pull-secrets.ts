import type { DeepReadonly, Secret } from '@kubelab/api';
import type { RegistryCredentials } from '../container-runtime/runtime.js';
import type { ImageReference } from './image-reference.js';

interface AuthEntry {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `username:password`. */
  readonly auth?: string;
}

/** Docker's own registry is known by all of these. */
const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/**
 * The credentials that Secrets of type kubernetes.io/dockerconfigjson and
 * kubernetes.io/dockercfg hold for an image's registry, the most specific
 * first. What cannot be read is left out.
 */
export function credentialsFor(
  image: ImageReference,
  secrets: readonly DeepReadonly<Secret>[],
): readonly RegistryCredentials[] {
  return secrets
    .flatMap((secret) => Object.entries(authEntries(secret)))
    .map(([address, entry]) => ({ address, location: toLocation(address), login: toLogin(entry) }))
    .filter(({ location, login }) => login !== undefined && matches(location, image))
    .sort((a, b) => b.location.path.length - a.location.path.length)
    .map(({ address, login }) => ({ ...(login as Login), serverAddress: address }));
}

function authEntries(secret: DeepReadonly<Secret>): Readonly<Record<string, AuthEntry>> {
  try {
    if (secret.type === 'kubernetes.io/dockerconfigjson') {
      const config = decode(secret.data?.['.dockerconfigjson']) as { auths?: Record<string, AuthEntry> };
      return config.auths ?? {};
    }
    if (secret.type === 'kubernetes.io/dockercfg') {
      return decode(secret.data?.['.dockercfg']) as Record<string, AuthEntry>;
    }
  } catch {
    // A Secret that holds no JSON has no credentials; the pull then says what is missing.
  }
  return {};
}

function decode(value: string | undefined): unknown {
  return JSON.parse(Buffer.from(value ?? '', 'base64').toString('utf8'));
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function toLogin({ username, password, auth }: AuthEntry): Login | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  const [name, ...secret] = Buffer.from(auth ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return name ? { username: name, password: secret.join(':') } : undefined;
}

interface Location {
  readonly host: string;
  readonly path: string;
}

function toLocation(address: string): Location {
  const [host = '', ...path] = address.replace(/^https?:\/\//, '').split('/');
  // The address that `docker login` writes ends in the API's version.
  return { host, path: path.filter((part) => part !== '' && part !== 'v1' && part !== 'v2').join('/') };
}

function matches({ host, path }: Location, image: ImageReference): boolean {
  const sameHost = host === image.registry || (DOCKER_HUB.has(host) && DOCKER_HUB.has(image.registry));
  return (
    (sameHost || globMatches(host, image.registry)) &&
    (path === '' || image.repository === path || image.repository.startsWith(`${path}/`))
  );
}

/** `*.registry.example` stands for one label each. */
function globMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return false;
  const [patterns, labels] = [pattern.split('.'), host.split('.')];
  return (
    patterns.length === labels.length &&
    patterns.every((part, index) =>
      new RegExp(`^${part.split('*').map(escapeForRegExp).join('.*')}$`).test(labels[index] ?? ''),
    )
  );
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
