import { definitions } from './generated/schema.js';
import type { SchemaDefinition } from './schema.js';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** API groups whose name is not that of their Go package. Part of every OpenAPI name is the package. */
const GROUP_OF_PACKAGE: Readonly<Record<string, string>> = {
  core: '',
  networking: 'networking.k8s.io',
  discovery: 'discovery.k8s.io',
  events: 'events.k8s.io',
  coordination: 'coordination.k8s.io',
  rbac: 'rbac.authorization.k8s.io',
  storage: 'storage.k8s.io',
  scheduling: 'scheduling.k8s.io',
  node: 'node.k8s.io',
  certificates: 'certificates.k8s.io',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
};

/** A definition by its TypeScript name. @throws TypeError for a name that is none: a mistake of ours, never of a client. */
export function definitionOf(name: string): SchemaDefinition {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (definition === undefined) throw new TypeError(`no definition ${name} in the schema`);
  return definition;
}

/** Whether a definition is a kind of its own. References name another object's kind and are none. */
export function isKind(definition: SchemaDefinition): boolean {
  const { properties, name } = definition;
  if (!Object.hasOwn(properties, 'apiVersion') || !Object.hasOwn(properties, 'kind')) return false;
  return Object.hasOwn(properties, 'metadata') || (name.includes('.meta.v1.') && !name.endsWith('Reference'));
}

/** `io.k8s.api.apps.v1.Deployment` → apps, v1, Deployment. Kinds of meta/v1 count as core. */
export function groupVersionKindOf(definition: SchemaDefinition): GroupVersionKind {
  const segments = definition.name.split('.');
  const [packageName = '', version = '', kind = ''] = segments.slice(-3);
  const group = packageName === 'meta' ? '' : (GROUP_OF_PACKAGE[packageName] ?? packageName);
  return { group, version, kind };
}

let kinds: Map<string, string> | undefined;

/** The definition of a kind, `apps/v1` and `Deployment` → `Deployment`, whether it is served or not. */
export function findKind(apiVersion: string, kind: string): string | undefined {
  kinds ??= new Map(
    Object.entries(definitions)
      .filter(([, definition]) => isKind(definition))
      .map(([name, definition]) => {
        const gvk = groupVersionKindOf(definition);
        return [`${gvk.group === '' ? '' : `${gvk.group}/`}${gvk.version} ${gvk.kind}`, name];
      }),
  );
  return kinds.get(`${apiVersion} ${kind}`);
}
