import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DeepReadonly, VolumeMount } from '@kubelab/api';
import { expandVariablesStrictly } from '../environment/expand-variables.js';
import type { EnvironmentVariable } from '../environment.js';
import type { HostFileSystem } from './host-file-system.js';
import { openSubPath } from './open-sub-path.js';

/** The mount's subPath, or its subPathExpr expanded; "" for the whole volume. Throws in Kubernetes' words. */
export function subPathOf(mount: DeepReadonly<VolumeMount>, environment: readonly EnvironmentVariable[]): string {
  const subPath = mount.subPathExpr ? expandSubPath(mount.subPathExpr, environment) : (mount.subPath ?? '');
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) {
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  }
  return subPath;
}

/** Unlike elsewhere, a variable that is empty counts as missing: the whole volume would be mounted. */
function expandSubPath(expression: string, environment: readonly EnvironmentVariable[]): string {
  const values = new Map(environment.map(({ name, value }) => [name, value || undefined]));
  const { value, missing } = expandVariablesStrictly(expression, (name) => values.get(name));
  if (missing.length > 0) throw new Error(`missing value for ${[...new Set(missing)].sort().join(', ')}`);
  return value;
}

/**
 * Binds a path inside a volume to `target`, and leaves a bind that is right as
 * it is. The engine is given the target: by then the path in the volume may be
 * something else.
 * @param volume where this process reaches the volume
 * @param target as the machine names it
 */
export async function bindSubPath(
  host: HostFileSystem,
  volume: string,
  subPath: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const source = await openSubPath(volume, subPath);
  try {
    const wanted = await source.stat();
    const localTarget = host.path(target);
    const present = await stat(localTarget).catch(() => undefined);
    if (present && present.dev === wanted.dev && present.ino === wanted.ino) return;
    await host.unmountBelow(target, signal);
    await rm(localTarget, { recursive: true, force: true });
    await mkdir(dirname(localTarget), { recursive: true, mode: 0o750 });
    if (wanted.isDirectory()) await mkdir(localTarget, { mode: 0o750 });
    else await writeFile(localTarget, '', { mode: 0o640 });
    await host.bindDescriptor(source.fd, target, signal);
  } finally {
    await source.close();
  }
}
