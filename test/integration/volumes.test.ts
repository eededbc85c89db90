import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ConfigMap, Container, PodSpec, Secret } from '@kubelab/api';
import { createLogger } from '@kubelab/runtime';
import { ensureImages, IMAGES } from '@kubelab/testing';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../../packages/kubelet/src/pod.js';
import type { Mount, VolumeManager } from '../../packages/kubelet/src/volume-manager.js';
import { createVolumeManager } from '../../packages/kubelet/src/volumes/create-volume-manager.js';
import type { VolumesAgentRequest } from './volumes-agent.js';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../', import.meta.url));
const TMPFS_MAGIC = 0x01021994;
const { signal } = new AbortController();
const log = await createLogger({ component: 'test', level: 'silent', pretty: false });

let top: string;
let root: string;
let configMaps: Map<string, ConfigMap>;
let secrets: Map<string, Secret>;
let manager: VolumeManager;

function newManager(): VolumeManager {
  return createVolumeManager({
    rootDirectory: root,
    lookups: {
      configMap: async (_, name) => configMaps.get(name),
      secret: async (_, name) => secrets.get(name),
    },
    node: { name: 'node1', ip: '172.20.0.2', allocatable: { cpu: '2', memory: '4Gi' } },
    log,
  });
}

function podWith(spec: Partial<PodSpec>, labels: Record<string, string> = { app: 'web' }): ReadonlyPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-1',
      resourceVersion: '1',
      creationTimestamp: '2025-01-01T00:00:00Z',
      labels,
    },
    spec: { containers: [], ...spec },
  };
}

/** A pod whose one container mounts every one of the volumes. */
function podOf(volumes: PodSpec['volumes'] & object, spec: Partial<PodSpec> = {}, labels?: Record<string, string>) {
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
  return podWith({ volumes, containers: [{ name: 'main', volumeMounts }], ...spec }, labels);
}

async function mountsOf(pod: ReadonlyPod, environment: { name: string; value: string }[] = [], restartCount = 0) {
  const container = pod.spec?.containers[0] as Container;
  const context = { environment, restartCount, hostsFile: 'hosts\n', resolvConf: 'nameserver 10.96.0.10\n' };
  return await manager.mountsFor(pod, container, context, signal);
}

async function sourceOf(pod: ReadonlyPod, target: string): Promise<string> {
  const mount = (await mountsOf(pod)).find((each) => each.target === target);
  if (!mount) throw new Error(`nothing is mounted at ${target}`);
  return mount.source;
}

async function mountTable(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(root));
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o7777;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'kubelab-volumes-'));
  root = join(top, 'kubelet');
  configMaps = new Map([['settings', { data: { color: 'blue', 'site.conf': 'listen 80' } }]]);
  secrets = new Map([['login', { data: { user: Buffer.from('ada').toString('base64') } }]]);
  manager = newManager();
});

afterEach(async () => {
  for (const uid of await manager.podUids()) await manager.tearDown(uid, signal);
  expect(await mountTable()).toEqual([]);
  await rm(top, { recursive: true, force: true });
});

describe.skipIf(process.getuid?.() !== 0)('volumes', () => {
  it('makes emptyDirs that everybody may write, and keeps what is in them', async () => {
    const pod = podOf([{ name: 'data', emptyDir: {} }]);
    await manager.prepare(pod, signal);
    const source = await sourceOf(pod, '/mnt/data');
    expect(source).toBe(join(root, 'pods/uid-1/volumes/kubernetes.io~empty-dir/data'));
    expect(await modeOf(source)).toBe(0o777);
    await writeFile(join(source, 'kept'), 'x');
    manager = newManager();
    await manager.prepare(pod, signal);
    expect(await readdir(source)).toEqual(['kept']);
  });

  it('mounts memory once, with the limit, where the engine sees it', async () => {
    await ensureImages(['pause']);
    const pod = podOf([{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }], {
      securityContext: { fsGroup: 2000 },
    });
    await manager.prepare(pod, signal);
    manager = newManager();
    await manager.prepare(pod, signal);
    const source = await sourceOf(pod, '/mnt/fast');
    expect(await mountTable()).toEqual([source]);
    const { type, blocks, bsize } = await statfs(source);
    expect([type, blocks * bsize]).toEqual([TMPFS_MAGIC, 1024 * 1024]);
    expect([(await stat(source)).gid, await modeOf(source)]).toEqual([2000, 0o2777]);
    await writeFile(join(source, 'seen'), 'by the engine');
    const name = `kubelab-volumes-${randomUUID()}`;
    await run('docker', ['run', '-d', '--network=none', `--name=${name}`, `-v=${source}:/data`, IMAGES.pause]);
    try {
      const { stdout: pid } = await run('docker', ['inspect', '-f={{.State.Pid}}', name]);
      expect(await readFile(`/proc/${pid.trim()}/root/data/seen`, 'utf8')).toBe('by the engine');
    } finally {
      await run('docker', ['rm', '-f', name]);
    }
  });

  it('writes configMaps and follows their changes in one step', async () => {
    const pod = podOf([{ name: 'config', configMap: { name: 'settings' } }]);
    await manager.prepare(pod, signal);
    const [mount] = await mountsOf(pod);
    const source = mount?.source ?? '';
    expect(mount?.readOnly).toBe(true);
    expect(await readFile(join(source, 'color'), 'utf8')).toBe('blue');
    expect(await modeOf(join(source, 'color'))).toBe(0o644);
    configMaps.set('settings', {
      data: { color: 'red' },
      binaryData: { raw: Buffer.from([0, 255]).toString('base64') },
    });
    await manager.prepare(pod, signal);
    expect(await readFile(join(source, 'color'), 'utf8')).toBe('blue');
    await manager.refresh(pod, signal);
    expect(await readFile(join(source, 'color'), 'utf8')).toBe('red');
    expect([...(await readFile(join(source, 'raw')))]).toEqual([0, 255]);
    expect((await readdir(source)).filter((name) => !name.startsWith('..'))).toEqual(['color', 'raw']);
  });

  it('chooses items with their paths and modes', async () => {
    const items = [
      { key: 'color', path: 'deep/paint' },
      { key: 'site.conf', path: 'site', mode: 0o600 },
    ];
    const pod = podOf([{ name: 'config', configMap: { name: 'settings', items, defaultMode: 0o440 } }]);
    await manager.prepare(pod, signal);
    const source = await sourceOf(pod, '/mnt/config');
    expect(await modeOf(join(source, 'deep/paint'))).toBe(0o440);
    expect(await modeOf(join(source, 'site'))).toBe(0o600);
  });

  it('keeps secrets in memory, readable by the group', async () => {
    const pod = podOf([{ name: 'keys', secret: { secretName: 'login', defaultMode: 0o400 } }], {
      securityContext: { fsGroup: 3000 },
    });
    await manager.prepare(pod, signal);
    const source = await sourceOf(pod, '/mnt/keys');
    expect((await statfs(source)).type).toBe(TMPFS_MAGIC);
    const { gid } = await stat(join(source, 'user'));
    expect([await readFile(join(source, 'user'), 'utf8'), gid, await modeOf(join(source, 'user'))]).toEqual([
      'ada',
      3000,
      0o440,
    ]);
  });

  it('projects several sources and shows the pod to itself', async () => {
    const downward = {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
      ],
    };
    const volumes = [
      {
        name: 'all',
        projected: {
          sources: [
            { configMap: { name: 'settings', items: [{ key: 'color', path: 'color' }] } },
            { secret: { name: 'login' } },
            { secret: { name: 'gone', optional: true } },
            { downwardAPI: downward },
          ],
        },
      },
      { name: 'self', downwardAPI: downward },
    ];
    const pod = podOf(volumes);
    await manager.prepare(pod, signal);
    const source = await sourceOf(pod, '/mnt/all');
    const read = async (name: string) => await readFile(join(source, name), 'utf8');
    expect([await read('color'), await read('user'), await read('labels'), await read('cpu')]).toEqual([
      'blue',
      'ada',
      'app="web"',
      '2',
    ]);
    await manager.refresh(podOf(volumes, {}, { app: 'web', tier: 'front' }), signal);
    expect(await read('labels')).toBe('app="web"\ntier="front"');
    expect(await readFile(join(await sourceOf(pod, '/mnt/self'), 'labels'), 'utf8')).toBe('app="web"\ntier="front"');
  });

  it.each([
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
    [{ configMap: { name: 'settings', items: [{ key: 'no', path: 'p' }] } }, 'references non-existent config key: no'],
    [{ secret: { secretName: 'login', items: [{ key: 'no', path: 'p' }] } }, 'references non-existent secret key: no'],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      'failed to fetch token: this cluster issues no service account tokens (wanted for shop/default)',
    ],
    [
      { projected: { sources: [{ secret: { name: 'a' } }, { configMap: { name: 'b' } }] } },
      '[secret "a" not found, configmap "b" not found]',
    ],
    [{ emptyDir: { medium: 'Paper' } }, 'unknown storage medium "Paper"'],
    [{ iscsi: {} }, 'no volume plugin matched: volume "v" asks for iscsi'],
  ])('refuses %j', async (source, message) => {
    const pod = podOf([{ name: 'v', ...source } as never]);
    await expect(manager.prepare(pod, signal)).rejects.toMatchObject({
      name: 'VolumeSetupError',
      volume: 'v',
      message: `MountVolume.SetUp failed for volume "v" : ${message}`,
    });
  });

  it('leaves out what is optional and missing, and volumes that no container mounts', async () => {
    const pod = podOf([
      { name: 'maybe', configMap: { name: 'none', optional: true } },
      { name: 'item', secret: { secretName: 'login', optional: true, items: [{ key: 'no', path: 'p' }] } },
    ]);
    await manager.prepare(pod, signal);
    expect((await readdir(await sourceOf(pod, '/mnt/maybe'))).filter((name) => !name.startsWith('..'))).toEqual([]);
    await manager.prepare(podWith({ volumes: [{ name: 'unused', configMap: { name: 'none' } }] }), signal);
  });
});

describe.skipIf(process.getuid?.() !== 0)('hostPath', () => {
  const prepare = async (path: string, type?: string) =>
    await manager.prepare(podOf([{ name: 'host', hostPath: { path, type } }]), signal);

  it('makes what may be made', async () => {
    const umask = process.umask(0o077);
    try {
      await prepare(join(top, 'a/b'), 'DirectoryOrCreate');
      await prepare(join(top, 'a/file'), 'FileOrCreate');
      await prepare(join(top, 'plain/dir'));
    } finally {
      process.umask(umask);
    }
    expect(await modeOf(join(top, 'a/b'))).toBe(0o755);
    expect([await modeOf(join(top, 'a/file')), (await stat(join(top, 'a/file'))).isFile()]).toEqual([0o644, true]);
    expect((await stat(join(top, 'plain/dir'))).isDirectory()).toBe(true);
  });

  it('takes what is of the type', async () => {
    const server = createServer().listen(join(top, 'socket'));
    await once(server, 'listening');
    await writeFile(join(top, 'file'), 'kept');
    await run('mknod', [join(top, 'block'), 'b', '7', '200']);
    try {
      await prepare(top, 'Directory');
      await prepare(join(top, 'file'), 'File');
      await prepare(join(top, 'file'), 'FileOrCreate');
      await prepare(join(top, 'socket'), 'Socket');
      await prepare('/dev/null', 'CharDevice');
      await prepare(join(top, 'block'), 'BlockDevice');
    } finally {
      server.close();
    }
    expect(await readFile(join(top, 'file'), 'utf8')).toBe('kept');
  });

  it.each([
    ['file', 'Directory', 'hostPath type check failed: PATH is not a directory'],
    ['missing', 'Directory', 'hostPath type check failed: PATH is not a directory'],
    ['file', 'DirectoryOrCreate', 'hostPath type check failed: PATH is not a directory'],
    ['.', 'File', 'hostPath type check failed: PATH is not a file'],
    ['missing', 'File', 'hostPath type check failed: PATH is not a file'],
    ['.', 'FileOrCreate', 'hostPath type check failed: PATH is not a file'],
    ['file', 'Socket', 'hostPath type check failed: PATH is not a socket file'],
    ['file', 'CharDevice', 'hostPath type check failed: PATH is not a character device'],
    ['missing', 'BlockDevice', 'hostPath type check failed: PATH is not a block device'],
    ['file', 'Cloud', 'Cloud is an invalid volume type'],
  ])('refuses %s as a %s', async (name, type, message) => {
    await writeFile(join(top, 'file'), '');
    const path = join(top, name);
    await expect(prepare(path, type)).rejects.toThrow(
      `MountVolume.SetUp failed for volume "host" : ${message.replace('PATH', path)}`,
    );
    await expect(stat(join(top, 'missing'))).rejects.toThrow('ENOENT');
  });

  it('is never emptied by a tear-down, nor what a volume links to', async () => {
    await mkdir(join(top, 'precious'));
    await writeFile(join(top, 'precious/file'), 'x');
    const pod = podWith({
      volumes: [
        { name: 'host', hostPath: { path: join(top, 'precious') } },
        { name: 'data', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory' } },
      ],
      containers: [
        {
          name: 'main',
          volumeMounts: [
            { name: 'host', mountPath: '/whole' },
            { name: 'host', mountPath: '/part', subPath: 'sub' },
            { name: 'data', mountPath: '/data' },
            { name: 'fast', mountPath: '/fast' },
            { name: 'fast', mountPath: '/fast-part', subPath: 'x' },
          ],
        },
      ],
    });
    await manager.prepare(pod, signal);
    const data = await sourceOf(pod, '/data');
    await symlink(join(top, 'precious'), join(data, 'trap'));
    await link(join(top, 'precious/file'), join(data, 'hard'));
    expect((await mountTable()).length).toBe(3);
    await manager.tearDown('uid-1', signal);
    await manager.tearDown('uid-1', signal);
    expect(await manager.podUids()).toEqual([]);
    expect((await readdir(join(top, 'precious'))).sort()).toEqual(['file', 'sub']);
  });

  it('tears nothing down but pods', async () => {
    await expect(manager.tearDown('../escape', signal)).rejects.toThrow("not a pod's UID");
    await expect(manager.tearDown('', signal)).rejects.toThrow("not a pod's UID");
  });
});

describe.skipIf(process.getuid?.() !== 0)('subPath', () => {
  const podWithSubPath = (mount: { subPath?: string; subPathExpr?: string }, source: object = { emptyDir: {} }) =>
    podWith({
      volumes: [{ name: 'data', ...source }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }] }],
    });
  const volume = () => join(root, 'pods/uid-1/volumes/kubernetes.io~empty-dir/data');

  it('makes what is missing with the mode of the volume, and binds it once', async () => {
    const pod = podWithSubPath({ subPath: 'logs/web' });
    await manager.prepare(pod, signal);
    await chmod(volume(), 0o2770);
    const source = await sourceOf(pod, '/data');
    expect(source).toBe(join(root, 'pods/uid-1/volume-subpaths/data/main/0'));
    await writeFile(join(source, 'file'), 'x');
    expect(await readdir(join(volume(), 'logs/web'))).toEqual(['file']);
    expect([await modeOf(join(volume(), 'logs')), await modeOf(join(volume(), 'logs/web'))]).toEqual([0o2770, 0o2770]);
    manager = newManager();
    expect(await sourceOf(pod, '/data')).toBe(source);
    expect(await mountTable()).toEqual([source]);
  });

  it('binds a file of a configMap, the present one after a change', async () => {
    const pod = podWithSubPath({ subPath: 'color' }, { configMap: { name: 'settings' } });
    await manager.prepare(pod, signal);
    expect(await readFile(await sourceOf(pod, '/data'), 'utf8')).toBe('blue');
    configMaps.set('settings', { data: { color: 'red' } });
    await manager.refresh(pod, signal);
    expect(await readFile(await sourceOf(pod, '/data'), 'utf8')).toBe('red');
    expect((await mountTable()).length).toBe(1);
  });

  it('expands subPathExpr from the environment of the container', async () => {
    const pod = podWithSubPath({ subPathExpr: '$(POD)/$(DAY)' });
    await manager.prepare(pod, signal);
    const environment = [
      { name: 'POD', value: 'web' },
      { name: 'DAY', value: 'monday' },
    ];
    await mountsOf(pod, environment);
    expect((await stat(join(volume(), 'web/monday'))).isDirectory()).toBe(true);
    await expect(mountsOf(pod, [{ name: 'POD', value: '' }])).rejects.toMatchObject({
      name: 'ContainerConfigError',
      message: 'missing value for DAY, POD',
    });
  });

  it.each([
    ['/etc', 'error SubPath `/etc` must not be an absolute path'],
    ['a/../../b', "unable to provision SubPath `a/../../b`: must not contain '..'"],
    ['up', 'failed to prepare subPath for volumeMount "data" of container "main": subpath "up" not within volume path'],
    [
      'out/x',
      'failed to prepare subPath for volumeMount "data" of container "main": subpath "out/x" not within volume path',
    ],
    [
      'loop',
      'failed to prepare subPath for volumeMount "data" of container "main": subpath "loop": too many levels of symbolic links',
    ],
  ])('does not leave the volume through %s', async (subPath, message) => {
    const pod = podWithSubPath({ subPath });
    await manager.prepare(pod, signal);
    await symlink('../../..', join(volume(), 'up'));
    await symlink(top, join(volume(), 'out'));
    await symlink('loop', join(volume(), 'loop'));
    await expect(mountsOf(pod)).rejects.toThrow(message);
    expect(await mountTable()).toEqual([]);
    expect((await readdir(top)).sort()).toEqual(['kubelet']);
  });

  it('follows links that stay inside', async () => {
    const pod = podWithSubPath({ subPath: 'alias/deep' });
    await manager.prepare(pod, signal);
    await mkdir(join(volume(), 'real/inner'), { recursive: true });
    await symlink('./real/inner/../../real', join(volume(), 'alias'));
    await writeFile(join(await sourceOf(pod, '/data'), 'file'), 'x');
    expect(await readdir(join(volume(), 'real/deep'))).toEqual(['file']);
    expect(await readlink(join(volume(), 'alias'))).toBe('./real/inner/../../real');
  });
});

describe.skipIf(process.getuid?.() !== 0)('mounts of a container', () => {
  it('names targets, read-only and propagation', async () => {
    const pod = podWith({
      volumes: [{ name: 'data', emptyDir: {} }],
      containers: [
        {
          name: 'main',
          volumeMounts: [
            { name: 'data', mountPath: '/a', readOnly: true, mountPropagation: 'HostToContainer' },
            { name: 'data', mountPath: '/b', mountPropagation: 'Bidirectional' },
            { name: 'data', mountPath: '/etc/hosts', subPath: 'hosts' },
          ],
        },
      ],
    });
    await manager.prepare(pod, signal);
    const mounts = await mountsOf(pod);
    expect(mounts.map(({ target, readOnly, propagation }) => [target, readOnly, propagation])).toEqual([
      ['/a', true, 'rslave'],
      ['/b', false, 'rshared'],
      ['/etc/hosts', false, 'private'],
      ['/etc/resolv.conf', false, 'private'],
      ['/dev/termination-log', false, 'private'],
    ]);
    const missing = podWith({ containers: [{ name: 'main', volumeMounts: [{ name: 'no', mountPath: '/x' }] }] });
    await expect(mountsOf(missing)).rejects.toThrow('cannot find volume "no" to mount into container "main"');
  });

  it('writes /etc/hosts in place, and reads the end of a termination log', async () => {
    const pod = podWith({ containers: [{ name: 'main', terminationMessagePath: '/tmp/why' }] });
    const mounts = await mountsOf(pod);
    const hosts = mounts.find(({ target }) => target === '/etc/hosts')?.source ?? '';
    expect([await readFile(hosts, 'utf8'), await modeOf(hosts)]).toEqual(['hosts\n', 0o644]);
    const { ino } = await stat(hosts);
    await writeFile(hosts, 'changed by a container');
    await mountsOf(pod);
    expect([await readFile(hosts, 'utf8'), (await stat(hosts)).ino]).toEqual(['hosts\n', ino]);

    const logFile = mounts.find(({ target }) => target === '/tmp/why')?.source ?? '';
    expect(await modeOf(logFile)).toBe(0o666);
    await writeFile(logFile, `${'x'.repeat(5000)}the end`);
    expect(await manager.readTerminationLog('uid-1', 'main', 0)).toBe(`${'x'.repeat(4089)}the end`);
    expect(await manager.readTerminationLog('uid-1', 'main', 1)).toBe('');
    await mountsOf(pod);
    expect((await manager.readTerminationLog('uid-1', 'main', 0)).length).toBe(4096);
  });
});

describe.skipIf(process.getuid?.() !== 0)('a kubelet in a container', () => {
  it('makes and unmakes its mounts where the engine is', async () => {
    const agent = join(repository, 'node_modules/.cache', `kubelab-volumes-${randomUUID()}.mjs`);
    const alias = Object.fromEntries(
      ['api', 'runtime', 'client'].map((name) => [
        `@kubelab/${name}`,
        join(repository, 'packages', name, 'src/index.ts'),
      ]),
    );
    await build({
      entryPoints: [join(repository, 'test/integration/volumes-agent.ts')],
      outfile: agent,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      alias,
    });
    await mkdir(join(top, 'target/sub'), { recursive: true });
    await symlink(join(top, 'target'), join(top, 'link'));
    const pod = podWith({
      volumes: [
        { name: 'fast', emptyDir: { medium: 'Memory' } },
        { name: 'keys', secret: { secretName: 'any' } },
        { name: 'host', hostPath: { path: join(top, 'link'), type: 'Directory' } },
      ],
      containers: [
        {
          name: 'main',
          volumeMounts: [
            { name: 'fast', mountPath: '/fast', subPath: 'part' },
            { name: 'keys', mountPath: '/key', subPath: 'key' },
            { name: 'host', mountPath: '/host', subPath: 'sub' },
          ],
        },
      ],
    });
    const inOwnNamespace = async (tearDown: boolean) => {
      const request: VolumesAgentRequest = { rootDirectory: root, hostPid: process.pid, pod, tearDown };
      const enter = ['--mount', '--propagation=private', '--', process.execPath, agent, JSON.stringify(request)];
      return (await run('unshare', enter)).stdout;
    };
    try {
      const mounts = JSON.parse(await inOwnNamespace(false)) as Mount[];
      expect((await mountTable()).length).toBe(5);
      const [fast = '', keys = '', host = ''] = mounts.map(({ source }) => source);
      expect((await statfs(fast)).type).toBe(TMPFS_MAGIC);
      expect(await readFile(keys, 'utf8')).toBe('secret');
      expect((await stat(host)).ino).toBe((await stat(join(top, 'target/sub'))).ino);
      await inOwnNamespace(true);
      expect(await mountTable()).toEqual([]);
      expect(await manager.podUids()).toEqual([]);
    } finally {
      await rm(agent, { force: true });
    }
  });
});
