import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isApiError, type Secret, type ServiceAccount, secrets, serviceAccounts } from '@kubelab/api';
import {
  type Cached,
  createInformer,
  deleteIfPresent,
  getIfPresent,
  mutableCopy,
  type ReconcileContext,
} from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { isOf, NAME_ANNOTATION, planSecret, TOKEN_TYPE } from './plan.js';
import { readSigningKey, signToken } from './sign-token.js';

/** Files a Secret under `NAMESPACE/NAME` of the account that it names. */
const ACCOUNT_INDEX = 'account';

/**
 * Fills the Secrets that ask for a token of a ServiceAccount, and removes those
 * whose account is gone. Does nothing without `--service-account-private-key-file`.
 */
export const createServiceAccountTokenController: ControllerFactory = (context) => {
  const { client, informers, options } = context;
  const keyFile = options.serviceAccountPrivateKeyFile;
  if (keyFile === undefined) return { run: () => Promise.resolve() };
  const accountInformer = informers.for(serviceAccounts);
  // Its own: of all Secrets, it holds those of one type.
  const secretInformer = createInformer(
    client,
    secrets,
    { fieldSelector: `type=${TOKEN_TYPE}`, indexes: { [ACCOUNT_INDEX]: (secret) => [accountKeyOf(secret)] } },
    context.log,
  );
  const reconciler = context.createReconciler('ServiceAccountToken', reconcile, [accountInformer, secretInformer]);
  const { queue } = reconciler;
  secretInformer.onChange(({ key, trace }) => queue.add(key, trace));
  accountInformer.onChange(({ type, key, trace }) => {
    if (type === 'modified') return;
    for (const { metadata } of secretInformer.byIndex(ACCOUNT_INDEX, key)) {
      queue.add(`${metadata.namespace}/${metadata.name}`, trace);
    }
  });
  let signingKey: KeyObject | undefined;

  async function reconcile(key: string, { trace, signal }: ReconcileContext) {
    const secret = secretInformer.get(key);
    if (secret === undefined) return forget(key, { trace, signal });
    if (secret.metadata.deletionTimestamp !== undefined) return undefined;
    const { namespace = '', name, uid } = secret.metadata;
    const account = await findAccount(secret, signal);
    if (account === undefined) {
      await deleteIfPresent(client, secrets, { namespace, name }, { preconditions: { uid }, trace, signal });
      return undefined;
    }
    signingKey ??= readSigningKey(await readFile(keyFile as string, 'utf8'));
    const signWith = signingKey;
    const { name: accountName, uid: accountUid } = account.metadata;
    const authority = options.rootCaFile && (await readFile(options.rootCaFile, 'utf8'));
    const planned = planSecret(secret, account, authority, () =>
      signToken({ namespace, secretName: name, accountName, accountUid }, signWith),
    );
    if (planned === undefined) return undefined;
    try {
      await client.update(secrets, { ...mutableCopy(secret), ...planned }, { trace, signal });
    } catch (error) {
      // Who has changed or removed it wakes this again.
      if (!isApiError(error, 'Conflict', 'NotFound')) throw error;
    }
    return undefined;
  }

  /** The account that the Secret is of, now; the cache alone is not believed where it knows none. */
  async function findAccount(secret: Cached<Secret>, signal: AbortSignal) {
    const key = accountKeyOf(secret);
    const known = accountInformer.get(key);
    if (known !== undefined && isOf(secret, known)) return known;
    const [namespace = '', name = ''] = key.split('/');
    const present =
      name === '' ? undefined : await getIfPresent(client, serviceAccounts, { namespace, name }, { signal });
    return present !== undefined && isOf(secret, present) ? present : undefined;
  }

  /** An account that names the Secret as one of its own names it no more. */
  async function forget(key: string, call: Pick<ReconcileContext, 'trace' | 'signal'>) {
    const [namespace = '', name = ''] = key.split('/');
    const naming = accountInformer
      .byIndex('namespace', namespace)
      .filter((account) => account.secrets?.some((reference) => reference.name === name));
    if (naming.length === 0 || (await getIfPresent(client, secrets, { namespace, name }, call))) return undefined;
    for (const account of naming) {
      const next = mutableCopy<ServiceAccount>(account);
      next.secrets = next.secrets?.filter((reference) => reference.name !== name);
      await client.update(serviceAccounts, next, call);
    }
    return undefined;
  }

  return { run: async (signal) => void (await Promise.all([secretInformer.run(signal), reconciler.run(signal)])) };
};

function accountKeyOf({ metadata }: Cached<Secret>): string {
  return `${metadata.namespace}/${metadata.annotations?.[NAME_ANNOTATION] ?? ''}`;
}
