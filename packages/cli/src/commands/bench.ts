import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleDirectory, CommandError } from './command-context.js';

/** Runs the bundle of the benches in this process, as `npm run bench` does; its exit code is this process's. */
export async function bench(args: readonly string[]): Promise<void> {
  const bundle = join(bundleDirectory(), 'bench.mjs');
  if (!existsSync(bundle)) throw new CommandError(`there is no ${bundle}: npm run build`);
  process.argv = [process.argv[0] ?? process.execPath, bundle, ...args];
  await import(pathToFileURL(bundle).href);
}
