import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFileAtomically } from '@kubelab/runtime';

const generate = promisify(generateKeyPair);

/**
 * Makes the keys of service account tokens, where they are missing: sa.key signs
 * them and is for the apiserver alone, sa.pub is for who checks them.
 */
export async function ensureTokenKey(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keyFile = join(directory, 'sa.key');
  const present = await readIfThere(keyFile);
  const privateKey = present ?? (await generateKey());
  if (present === undefined) await writeFileAtomically(keyFile, privateKey, 0o600);
  const publicFile = join(directory, 'sa.pub');
  const publicKey = createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'pem' }).toString();
  if ((await readIfThere(publicFile)) !== publicKey) await writeFileAtomically(publicFile, publicKey, 0o644);
}

async function generateKey(): Promise<string> {
  const { privateKey } = await generate('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
