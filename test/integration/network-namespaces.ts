import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A host of the test's own: a network namespace, with a veth to a bridge where asked. */
export interface TestHost {
  readonly name: string;
  /** Standard output; rejects when the program fails. */
  exec(command: string, ...args: string[]): Promise<string>;
  /** Runs until `removeHosts`. */
  start(command: string, ...args: string[]): ChildProcess;
}

const hosts: string[] = [];
const children: ChildProcess[] = [];

export async function addHost(name: string): Promise<TestHost> {
  await run('ip', ['netns', 'delete', name]).catch(() => undefined);
  await run('ip', ['netns', 'add', name]);
  hosts.push(name);
  const prefix = ['netns', 'exec', name];
  const host: TestHost = {
    name,
    exec: async (command, ...args) => (await run('ip', [...prefix, command, ...args], { timeout: 15_000 })).stdout,
    start(command, ...args) {
      const child = spawn('ip', [...prefix, command, ...args], { stdio: 'ignore' });
      children.push(child);
      return child;
    },
  };
  await host.exec('ip', 'link', 'set', 'lo', 'up');
  return host;
}

/** Joins `host` to `router` with a pair of interfaces, and routes everything of the host's through it. */
export async function link(host: TestHost, address: string, router: TestHost, bridge: string): Promise<void> {
  const inner = 'eth0';
  const outer = `v${host.name.slice(-12)}`;
  await run('ip', [
    'link',
    'add',
    outer,
    'netns',
    router.name,
    'type',
    'veth',
    'peer',
    'name',
    inner,
    'netns',
    host.name,
  ]);
  await router.exec('ip', 'link', 'set', outer, 'master', bridge, 'up');
  await router.exec('ip', 'link', 'set', outer, 'type', 'bridge_slave', 'hairpin', 'on');
  await host.exec('ip', 'address', 'add', address, 'dev', inner);
  await host.exec('ip', 'link', 'set', inner, 'up');
}

export async function removeHosts(): Promise<void> {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const name of hosts.splice(0)) await run('ip', ['netns', 'delete', name]);
}
