import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { VolumeContext } from './volume-plugin.js';

/** What an empty directory lets everybody do; with an fsGroup, new files are the group's. */
const OPEN_MODE = 0o777;
const SET_GROUP_ID = 0o2000;

/** Makes the volume's directory, open to every user of the pod's containers. Returns where this process reaches it. */
export async function makeVolumeDirectory(context: VolumeContext): Promise<string> {
  const local = context.host.path(context.directory);
  await mkdir(local, { recursive: true, mode: 0o750 });
  await openDirectory(local, context.pod.spec?.securityContext?.fsGroup);
  return local;
}

async function openDirectory(local: string, fsGroup: number | undefined): Promise<void> {
  const mode = fsGroup === undefined ? OPEN_MODE : OPEN_MODE | SET_GROUP_ID;
  const present = await stat(local);
  if (fsGroup !== undefined && present.gid !== fsGroup) await chown(local, present.uid, fsGroup);
  if ((present.mode & 0o7777) !== mode) await chmod(local, mode);
}

/** Whether something is mounted on a directory, told by its device. */
export async function isOtherDevice(local: string): Promise<boolean> {
  const [own, parent] = await Promise.all([stat(local), stat(dirname(local))]);
  return own.dev !== parent.dev;
}

/**
 * Mounts a tmpfs on the volume's directory unless one is there.
 * @param sizeBytes 0: the kernel's default, half of the memory
 */
export async function mountMemory(context: VolumeContext, sizeBytes: number): Promise<string> {
  const local = await makeVolumeDirectory(context);
  if (!(await isOtherDevice(local))) {
    const options = sizeBytes > 0 ? ['-o', `size=${sizeBytes}`] : [];
    await context.host.mount(['-t', 'tmpfs', ...options, 'tmpfs', context.directory], context.signal);
  }
  await openDirectory(local, context.pod.spec?.securityContext?.fsGroup);
  return local;
}

/** A tmpfs for what should never reach a disk. Where this kubelet may not mount, the volume's directory. */
export async function makePrivateMemory(context: VolumeContext): Promise<string> {
  try {
    return await mountMemory(context, 0);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!/permission denied|not permitted|superuser/i.test((error as Error).message)) throw error;
    context.log.warn({ err: error, directory: context.directory }, 'secrets are kept on disk: no tmpfs may be mounted');
    return await makeVolumeDirectory(context);
  }
}
