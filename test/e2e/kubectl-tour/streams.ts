import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../kubelab-command.js';
import { untilReady } from '../pods.js';
import { openTerminal } from '../terminal.js';
import { since, step, type Tour, variant } from './tour.js';

/** What talks to containers: logs, exec, attach, cp, port-forward, proxy, run, debug, wait, events. */
export async function streams(tour: Tour): Promise<void> {
  await logs(tour);
  await exec(tour);
  await attach(tour);
  await copy(tour);
  await portForward(tour);
  await proxy(tour);
  await debug(tour);
  await waiting(tour);
}

async function logs(tour: Tour): Promise<void> {
  const { kubectl } = tour;
  await step(tour, ['logs', 'talker', '-c', 'main', '--tail=1'], { stdout: /^said again\n$/ });
  await step(tour, ['logs', 'talker', '--timestamps', '--since=1h'], { stdout: /^\d{4}-\S+ said once\n/ });
  await step(tour, ['logs', '-l', 'app=talker', '--all-containers', '--prefix'], {
    stdout: /^\[pod\/talker\/main\] said once\n/,
  });
  await variant(tour, ['logs', 'deploy/web', '--tail=0'], { stdout: /^$/ });
  await variant(tour, ['logs', 'talker', '-c', 'nope'], {
    code: 1,
    stderr: /container nope is not valid for pod talker/,
  });
  await eventually('the crasher has an earlier life', async () =>
    (await kubectl.run(['logs', 'crasher', '--previous'])).stdout === 'last words\n' ? true : undefined,
  );
  const following = kubectl.start('logs', '-f', 'talker');
  await eventually('what is said now comes', async () => following.output.includes('said again') || undefined);
  await kubectl.exec('talker', 'sh', '-c', 'echo said late > /proc/1/fd/1');
  await eventually('what is said later comes', async () => following.output.includes('said late') || undefined);
  await following.stop();
}

async function exec(tour: Tour): Promise<void> {
  await step(tour, ['exec', '-i', 'talker', '--', 'cat'], { stdin: 'through', stdout: /^through$/ });
  await step(tour, ['exec', 'talker', '-c', 'main', '--', 'sh', '-c', 'echo err >&2; exit 7'], {
    code: 7,
    stderr: /^err\n/,
  });
  await variant(tour, ['exec', 'deploy/web', '--', 'hostname'], { stdout: /^web-/ });
  const session = openTerminal(tour.kubectl.binary, tour.kubectl.args(['exec', '-it', 'talker', '--', 'sh']));
  session.type('echo $((40 + 2))\n');
  await session.until('\n42');
  session.type('exit 5\n');
  expect(await session.ended()).toBe(5);
}

async function attach(tour: Tour): Promise<void> {
  const { kubectl } = tour;
  const session = openTerminal(kubectl.binary, kubectl.args(['attach', '-it', 'listener']));
  // It repeats what it hears.
  await eventually('the terminal answers', async () => {
    session.type('hear me\n');
    return /heard hear me/.test(session.shown) || undefined;
  });
  session.type('bye\n');
  await session.ended();
  await step(
    tour,
    [
      'run',
      'once',
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--restart=Never',
      '-i',
      '--rm',
      '--',
      'sh',
      '-c',
      'cat; exit 0',
    ],
    {
      stdin: 'piped\n',
      stdout: /piped\n(.|\n)*pod "once" deleted/,
    },
  );
  const shell = openTerminal(
    kubectl.binary,
    kubectl.args([
      'run',
      'shell',
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--restart=Never',
      '-it',
      '--rm',
      '--',
      'sh',
    ]),
  );
  await eventually('the shell answers', async () => {
    shell.type('echo $((20 + 3))\n');
    return /\n23/.test(shell.shown) || undefined;
  });
  shell.type('exit\n');
  await shell.ended();
  expect(shell.shown).toContain('pod "shell" deleted');
}

async function copy(tour: Tour): Promise<void> {
  const directory = join(tour.directory, 'copied');
  await mkdir(directory, { recursive: true });
  const bytes = Buffer.alloc(300_000, tour.namespace);
  await writeFile(join(directory, 'file'), bytes);
  await step(tour, ['cp', directory, `${tour.namespace}/talker:/tmp/copied`, '-c', 'main']);
  await step(tour, ['exec', 'talker', '--', 'wc', '-c', '/tmp/copied/file'], { stdout: /^\s*300000 / });
  await step(tour, ['cp', 'talker:/tmp/copied/file', join(tour.directory, 'back')]);
  expect((await readFile(join(tour.directory, 'back'))).equals(bytes)).toBe(true);
}

async function portForward(tour: Tour): Promise<void> {
  const { kubectl } = tour;
  await Promise.all(
    (tour.whole ? ['deploy/web', 'svc/web', 'pod'] : ['svc/web']).map(async (kind) => {
      const names = await kubectl.must(
        'get',
        'pods',
        '-l',
        'app=web',
        '--field-selector=status.phase=Running',
        '-o',
        'name',
      );
      const target = kind === 'pod' ? (names.split('\n')[0] ?? '') : kind;
      const forwarding = kubectl.start('port-forward', target, ':80');
      try {
        const port = await eventually(
          `${target} is forwarded`,
          async () => /127\.0\.0\.1:(\d+)/.exec(forwarding.output)?.[1],
        );
        for (let i = 0; i < 2; i++)
          expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('Welcome to nginx!');
      } finally {
        await forwarding.stop();
      }
    }),
  );
}

async function proxy(tour: Tour): Promise<void> {
  const { kubectl, namespace } = tour;
  const path = `/api/v1/namespaces/${namespace}/services/web/proxy/`;
  await step(tour, ['get', '--raw', path], { stdout: /Welcome to nginx!/ });
  await variant(tour, ['get', '--raw', path.replace('/web/', '/nope/')], {
    code: 1,
    stderr: /endpoints "nope" not found/,
  });
  await variant(tour, ['get', '--raw', '/api/v1/nodes/node1/proxy/stats/summary'], { stdout: /"nodeName":"node1"/ });
  const serving = kubectl.start('proxy', '--port=0');
  try {
    const address = await eventually('the proxy serves', async () => /127\.0\.0\.1:\d+/.exec(serving.output)?.[0]);
    expect(await (await fetch(`http://${address}${path}`)).text()).toContain('Welcome to nginx!');
    expect(await (await fetch(`http://${address}/version`)).json()).toMatchObject({ minor: '34' });
  } finally {
    await serving.stop();
  }
}

async function debug(tour: Tour): Promise<void> {
  const image = '--image=busybox';
  const copied = ['debug', 'talker', image, '--copy-to=talker-copy', '--container=debugger', '--', 'sleep', '1000'];
  await step(tour, copied);
  await untilReady(tour.kubectl, 'talker-copy');
  await step(tour, ['exec', 'talker-copy', '-c', 'debugger', '--', 'echo', 'inside'], { stdout: /^inside\n$/ });
  await step(tour, ['delete', 'pod', 'talker-copy', '--grace-period=0', '--force']);
  const inside = ['debug', 'talker', image, '--container=debugger', '--', 'sleep', '1000'];
  if (tour.minor < 23) {
    // It speaks an API of before ephemeral containers were finished, which no server has any more.
    await step(tour, inside, { code: 1, stderr: /EphemeralContainers/ });
    return;
  }
  await step(tour, inside);
  await step(tour, ['get', 'pod', 'talker', '-o', 'jsonpath={.spec.ephemeralContainers[0].name}'], {
    stdout: /^debugger$/,
  });
}

async function waiting(tour: Tour): Promise<void> {
  const { kubectl } = tour;
  await step(tour, ['wait', '--for=condition=Available', 'deploy/web', '--timeout=30s'], {
    stdout: /^deployment\.apps\/web condition met\n$/,
  });
  await step(tour, ['wait', '--for=condition=Ready', 'pod', '-l', 'app=talker', '--timeout=30s'], {
    stdout: /^pod\/talker condition met\n$/,
  });
  await step(tour, ['create', 'cm', 'awaited']);
  const waitingFor = kubectl.run(['wait', '--for=delete', 'cm/awaited', '--timeout=30s']);
  await step(tour, ['delete', 'cm', 'awaited']);
  expect(await waitingFor).toMatchObject({ code: expect.any(Number) });
  await variant(tour, ['wait', '--for=condition=Nope', 'deploy/web', '--timeout=1s'], {
    code: 1,
    stderr: /timed out waiting for the condition/,
  });
  await step(tour, ['get', 'events', '--field-selector=involvedObject.name=talker,reason=Started'], {
    stdout: /Started container main/,
  });
  await since(tour, 26, ['events', '--for=pod/talker', '--types=Normal'], {
    stdout: /Pod\/talker +Started container main/,
  });
}
