import { mkdir } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { isOtherDevice } from './volume-directory.js';
import type { VolumePlugin } from './volume-plugin.js';

/** A directory of an NFS server, mounted with the machine's mount.nfs. */
export const nfsVolumes: VolumePlugin = {
  source: 'nfs',
  directoryName: 'kubernetes.io~nfs',
  readOnly: false,
  async setUp({ nfs }, { host, directory, signal }) {
    const local = host.path(directory);
    await mkdir(local, { recursive: true, mode: 0o750 });
    if (await isOtherDevice(local)) return;
    if (!(await host.hasMountHelper('nfs', signal))) {
      throw new Error('mounting nfs needs /sbin/mount.nfs, which this node lacks (Debian: apt-get install nfs-common)');
    }
    const server = nfs?.server ?? '';
    const device = `${isIPv6(server) ? `[${server}]` : server}:${nfs?.path ?? ''}`;
    await host.mount(['-t', 'nfs', ...(nfs?.readOnly ? ['-o', 'ro'] : []), device, directory], signal);
  },
};
