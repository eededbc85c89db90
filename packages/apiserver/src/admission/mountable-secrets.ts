import type { Container, EphemeralContainer, PodSpec, ServiceAccount } from '@kubelab/api';

const ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';
/** What Go reads as true. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Whether pods of the account may only refer to the Secrets that it names. */
export function enforcesMountableSecrets({ metadata }: ServiceAccount): boolean {
  return TRUE.has(metadata?.annotations?.[ANNOTATION] ?? '');
}

/** Why a new pod is refused, worded as by Kubernetes; undefined for one whose Secrets the account names. */
export function forbiddenSecretOf(account: ServiceAccount, spec: PodSpec): string | undefined {
  const allowed = namesOf(account.secrets);
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !allowed.has(secret.secretName ?? '')) {
      return `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because ${whyNot(account)}`;
    }
  }
  const why =
    forbiddenIn('init container', spec.initContainers, account) ?? forbiddenIn('container', spec.containers, account);
  if (why !== undefined) return why;
  const pull = namesOf(account.imagePullSecrets);
  const index = (spec.imagePullSecrets ?? []).findIndex(({ name = '' }) => !pull.has(name));
  if (index < 0) return undefined;
  const name = spec.imagePullSecrets?.[index]?.name ?? '';
  const accountName = account.metadata?.name ?? '';
  return `imagePullSecrets[${index}].name="${name}" is not allowed because service account ${accountName} does not reference that imagePullSecret`;
}

/** The same of ephemeral containers, that are added to a pod. */
export function forbiddenEphemeralSecretOf(account: ServiceAccount, spec: PodSpec): string | undefined {
  return forbiddenIn('ephemeral container', spec.ephemeralContainers, account);
}

function forbiddenIn(
  what: string,
  containers: readonly (Container | EphemeralContainer)[] | undefined,
  account: ServiceAccount,
): string | undefined {
  const allowed = namesOf(account.secrets);
  const refusal = (container: string, how: string, secret: string) =>
    `${what} ${container} with ${how} referencing secret.secretName="${secret}" is not allowed because ${whyNot(account)}`;
  for (const { name, env = [], envFrom = [] } of containers ?? []) {
    for (const variable of env) {
      const key = variable.valueFrom?.secretKeyRef;
      if (key && !allowed.has(key.name ?? '')) return refusal(name, `envVar ${variable.name}`, key.name ?? '');
    }
    for (const { secretRef } of envFrom) {
      if (secretRef && !allowed.has(secretRef.name ?? '')) return refusal(name, 'envFrom', secretRef.name ?? '');
    }
  }
  return undefined;
}

function whyNot({ metadata }: ServiceAccount): string {
  return `service account ${metadata?.name ?? ''} does not reference that secret`;
}

function namesOf(references: readonly { name?: string }[] | undefined): ReadonlySet<string> {
  return new Set((references ?? []).map(({ name = '' }) => name));
}
