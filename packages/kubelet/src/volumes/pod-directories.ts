import { join } from 'node:path';

/** A pod's place on the node: ROOT/pods/UID, laid out as Kubernetes' kubelet does. */
export class PodDirectories {
  /** Directory of all pods. */
  readonly all: string;

  constructor(rootDirectory: string) {
    this.all = join(rootDirectory, 'pods');
  }

  /** Throws for a UID that is no single, plain path element: everything below is removed with the pod. */
  pod(uid: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(uid)) throw new Error(`not a pod's UID: ${uid}`);
    return join(this.all, uid);
  }

  volume(uid: string, pluginDirectory: string, name: string): string {
    return join(this.pod(uid), 'volumes', pluginDirectory, name);
  }

  subPath(uid: string, volume: string, container: string, index: number): string {
    return join(this.pod(uid), 'volume-subpaths', volume, container, String(index));
  }

  terminationLog(uid: string, container: string, restartCount: number): string {
    return join(this.pod(uid), 'containers', container, String(restartCount));
  }

  hostsFile(uid: string): string {
    return join(this.pod(uid), 'etc-hosts');
  }

  resolvConf(uid: string): string {
    return join(this.pod(uid), 'resolv.conf');
  }
}
