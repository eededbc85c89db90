import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HollowNodes } from '../cluster/cluster.js';
import { CommandError } from './command-context.js';

const run = promisify(execFile);
const MAX_NODES = 10_000;

/** What may be said about hollow nodes, as `--hollow-NAME`: flags of their process. */
const SETTINGS = [
  ['cpu <count>', 'CPUs of each (default: 32)'],
  ['memory <quantity>', 'memory of each (default: 256Gi)'],
  ['pods <count>', 'pods that each takes (default: 110)'],
  ['labels <key=value,...>', 'labels of all'],
  ['taints <key=value:effect,...>', 'taints that they are registered with'],
  ['zones <count>', 'zones that they are spread over (default: 3)'],
  ['pod-cidr <range>', 'where their podCIDRs come from (default: 100.64.0.0/10)'],
  ['seed <text>', 'the same seed gives the same behaviour'],
  ['start-delay <range>', 'how long a container takes to start, such as 500ms or 1s..5s'],
  ['ready-delay <range>', 'how long after that it is ready'],
  ['run-time <range>', 'how long containers run (default: until they are stopped)'],
  ['completion-time <range>', 'the same where restartPolicy is not Always (default: 1s)'],
  ['stop-delay <range>', 'how long a container takes to stop'],
  ['exit-code <code>', 'of containers that end by themselves'],
  ['failure-rate <share>', 'share of runs that fail, 0 to 1'],
  ['start-failure-rate <share>', 'share of starts that fail, 0 to 1'],
  ['images <name,...>', 'images that are present (default: all)'],
  ['pull-time <range>', 'how long the pull of another takes (default: 2s..5s)'],
  ['node-lease-renew-interval <duration>', 'how often leases are renewed (default: 10s, up to 5,000 nodes)'],
  ['event-qps <count>', 'events a second, of all together (default: 20)'],
] as const;

/** Adds `--hollow N` and its settings to a command. */
export function withHollowOptions(command: Command, description: string): Command {
  command.option('--hollow <count>', description, parseHollowCount);
  for (const [usage, help] of SETTINGS) {
    command.addOption(new Option(`--hollow-${usage}`, help).helpGroup('Settings of hollow nodes:'));
  }
  return command;
}

/** The settings among a command's options: `hollowStartDelay` is the flag `start-delay`. */
export function hollowSettings(flags: Readonly<Record<string, unknown>>): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [usage] of SETTINGS) {
    const name = usage.slice(0, usage.indexOf(' '));
    const value = flags[`hollow-${name}`.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') settings[name] = value;
  }
  return settings;
}

/** Rejects with what the process itself says against its settings, before anything is changed. */
export async function checkHollowNodes({ count, settings }: HollowNodes, binDir: string): Promise<void> {
  if (count > MAX_NODES) throw new CommandError(`at most ${MAX_NODES} hollow nodes`);
  const flags = Object.entries({ ...settings, nodes: String(count) }).map(([name, value]) => `--${name}=${value}`);
  const required = ['apiserver', 'ca-file', 'cert-file', 'key-file', 'node-ip'].map((name) => `--${name}=unused`);
  try {
    await run(process.execPath, [join(binDir, 'hollow.mjs'), ...required, ...flags, '--check']);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const [, said] = /"level":"fatal".*"message":("(?:[^"\\]|\\.)*")/.exec(stdout) ?? [];
    const [usage = ''] = stderr.replace(/^kubelab [\w.]+: /, '').split('\n');
    const why = said === undefined ? usage : (JSON.parse(said) as string);
    throw new CommandError(why.replace(/^--/, '--hollow-') || (error as Error).message);
  }
}

function parseHollowCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MAX_NODES) {
    throw new InvalidArgumentError(`a number from 1 to ${MAX_NODES}`);
  }
  return count;
}
