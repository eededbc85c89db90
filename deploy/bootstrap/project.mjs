// The project itself: its packages installed, its bundles built.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, isBundleFresh } from './bundle.mjs';
import { runQuietly } from './machine.mjs';
import { SetupError, step } from './steps.mjs';

/** The top of the clone. */
export const TOP = fileURLToPath(new URL('../../', import.meta.url));

/** `npm ci` where node_modules is absent or older than the lock file. */
export async function ensurePackages() {
  const installed = statSync(join(TOP, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  if (installed && installed.mtimeMs >= statSync(join(TOP, 'package-lock.json')).mtimeMs) return;
  await step('npm ci', () => runQuietly('npm', ['ci'], process.env, { cwd: TOP }));
}

/** Builds dist/bin where the sources have changed since. */
export async function ensureBundles() {
  if (isBundleFresh()) return;
  await step('build', async () => {
    await runQuietly(process.execPath, [join(TOP, 'packages/api/scripts/generate-schema.mjs')], process.env, {
      cwd: TOP,
    });
    await bundle().catch((error) => {
      throw new SetupError(`the build failed:\n${error.message}`);
    });
  });
}

/** The same, but bundles of before serve where the sources cannot be built: taking a cluster down must always work. */
export async function preferFreshBundles() {
  try {
    await ensurePackages();
    await ensureBundles();
  } catch (error) {
    if (!existsSync(join(TOP, 'dist/bin/kubelab.mjs'))) throw error;
    process.stderr.write(`${error.message}\ngoing on with the last build\n`);
  }
}

/** Runs a bundle in this process with these arguments, as if it had been started with them. */
export async function runBundle(name, args) {
  const path = join(TOP, 'dist/bin', `${name}.mjs`);
  if (!existsSync(path)) throw new Error(`there is no ${path}`);
  process.argv = [process.argv[0], path, ...args];
  await import(path);
}
