import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExternalEtcd, ProxyMode } from './cluster/cluster.js';
import type { AgentsOptions } from './commands/agents.js';
import { CommandError, openContext, requireCluster, say } from './commands/command-context.js';
import { hollowSettings, withHollowOptions } from './commands/hollow-options.js';
import type { FixedCluster } from './commands/prepare.js';
import type { StatusOptions } from './commands/status.js';

/** The options that say which cluster a command is about. */
interface ClusterOptions {
  readonly name: string;
  readonly stateDir?: string;
}

interface UpFlags extends ClusterOptions {
  readonly nodes?: number;
  readonly proxyMode?: ProxyMode;
  readonly etcdServers?: string;
  readonly etcdCaFile?: string;
  readonly etcdCertFile?: string;
  readonly etcdKeyFile?: string;
  readonly etcdPrefix?: string;
  readonly extraConfig?: Readonly<Record<string, readonly string[]>>;
}

interface HollowFlags {
  readonly hollow?: number;
}

/** The commands are loaded when they are called for: each starts as fast as if it were the only one. */
export function createCommandLine(version: string): Command {
  const program = new Command('kubelab')
    .description('a Kubernetes cluster in TypeScript, on this machine; kubectl is the command line for its objects')
    .showHelpAfterError('(--help shows what there is)');
  addClusterCommands(program);
  addNodeCommands(program);
  addOtherCommands(program, version);
  addContainerCommands(program);
  return program;
}

/** Reads the arguments and does what they say; resolves with the exit code. */
export async function runCommandLine(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    process.stderr.write(`kubelab: ${error instanceof Error ? error.message : String(error)}\n`);
    // Where a mistake is not the user's, its place helps.
    if (!(error instanceof CommandError) && process.env.KUBELAB_DEBUG) process.stderr.write(`${inspect(error)}\n`);
    return 1;
  }
}

function withCluster(command: Command): Command {
  return command
    .option('--name <name>', 'the name of the cluster', 'kubelab')
    .option('--state-dir <directory>', 'where it keeps its state (default: /var/lib/kubelab/NAME)');
}

function addClusterCommands(program: Command): void {
  withHollowOptions(
    withCluster(program.command('up')).description('bring a cluster up, or what is missing of it'),
    'with so many nodes that only pretend',
  )
    .option('--nodes <count>', 'how many nodes (default: 3, or those it has)', parseCount)
    .addOption(new Option('--proxy-mode <mode>', 'how Services become packet rules').choices(['nftables', 'iptables']))
    .option('--etcd-servers <urls>', 'use this etcd (comma-separated URLs) instead of one of its own')
    .option('--etcd-ca-file <file>', 'the authority of that etcd')
    .option('--etcd-cert-file <file>', 'the certificate to show it')
    .option('--etcd-key-file <file>', 'and its key')
    .option('--etcd-prefix <prefix>', 'before all keys there (default: /kubelab/NAME)', parseEtcdPrefix)
    .option('--extra-config <component.flag=value>', 'give a component one more flag; may be repeated', addExtraFlag)
    .action(async (flags: UpFlags & HollowFlags) => {
      const { up } = await import('./commands/up.js');
      const { name, stateDir, nodes, proxyMode, extraConfig, hollow } = flags;
      const externalEtcd = externalEtcdOf(flags);
      await up({
        name,
        ...(stateDir ? { stateDir } : {}),
        ...(nodes ? { nodes } : {}),
        ...(proxyMode ? { proxyMode } : {}),
        ...(externalEtcd ? { externalEtcd } : {}),
        ...(extraConfig ? { extraFlags: extraConfig } : {}),
        ...(hollow ? { hollow: { count: hollow, settings: hollowSettings({ ...flags }) } } : {}),
      });
    });
  withCluster(program.command('down'))
    .description('remove a cluster from this machine: processes, containers, networks, mounts, state')
    .option('--keep-state', 'keep what the cluster knows, for the next `up` to go on with', false)
    .option('--all', 'every cluster on this machine', false)
    .action(async (flags: ClusterOptions & { keepState: boolean; all: boolean }) => {
      const { down } = await import('./commands/down.js');
      await down(flags);
    });
  withCluster(program.command('status'))
    .description('show every component; the exit code is 1 unless all are well')
    .addOption(new Option('-o, --output <format>', 'how to show it').choices(['table', 'json']).default('table'))
    .action(async (flags: StatusOptions) => {
      const { status } = await import('./commands/status.js');
      if (!(await status(flags))) process.exitCode = 1;
    });
  withCluster(program.command('kubeconfig'))
    .description("print the path of the cluster's kubeconfig")
    .action(async (flags: ClusterOptions) => {
      const context = await openContext(flags);
      await requireCluster(context, flags);
      say(context.paths.kubeconfig);
    });
}

function addNodeCommands(program: Command): void {
  const node = program.command('node').description('add, stop, start and remove nodes');
  const verb = (usage: string, description: string): Command =>
    withCluster(node.command(usage)).description(description);
  withHollowOptions(
    verb('add [node]', 'add a node and wait until it is Ready'),
    'add so many nodes that only pretend, all in one process',
  ).action(async (name: string | undefined, flags: ClusterOptions & HollowFlags) => {
    if (flags.hollow === undefined) return (await import('./commands/node.js')).nodeAdd(flags, name);
    if (name !== undefined) throw new CommandError('hollow nodes have names of their own: hollow-1, hollow-2, …');
    return (await import('./commands/hollow-nodes.js')).hollowAdd(flags, flags.hollow, hollowSettings({ ...flags }));
  });
  verb('stop <node>', 'switch a node off as a power cut would').action(async (name: string, flags: ClusterOptions) =>
    (await import('./commands/node.js')).nodeStop(flags, name),
  );
  verb('start <node>', 'switch it on again').action(async (name: string, flags: ClusterOptions) =>
    (await import('./commands/node.js')).nodeStart(flags, name),
  );
  verb('remove [node]', 'take a node away for good')
    .option('--hollow', 'all hollow nodes')
    .action(async (name: string | undefined, flags: ClusterOptions & { readonly hollow?: boolean }) => {
      if ((name === undefined) !== (flags.hollow ?? false)) throw new CommandError('name a node, or say --hollow');
      if (name === undefined) return (await import('./commands/hollow-nodes.js')).hollowRemove(flags);
      return (await import('./commands/node.js')).nodeRemove(flags, name);
    });
}

function addOtherCommands(program: Command, version: string): void {
  program
    .command('images')
    .description('the images on the engine that all nodes share')
    .command('load <source...>')
    .description(
      'archives that `docker save` wrote (- for the standard input), images of the engine, or recipes of deploy/images by name',
    )
    .action(async (sources: string[]) => {
      const { imagesLoad } = await import('./commands/images.js');
      await imagesLoad(sources);
    });
  withCluster(program.command('trace <subject>'))
    .description('print what happened because of the latest write of KIND/NAME, or the trace with this id')
    .option('-n, --namespace <namespace>', 'the namespace of the object', 'default')
    .action(async (subject: string, flags: ClusterOptions & { namespace: string }) => {
      const { trace } = await import('./commands/trace.js');
      await trace(flags, subject);
    });
  withCluster(program.command('why <pod>'))
    .description('print why a pod is on its node, or what keeps it from every node')
    .option('-n, --namespace <namespace>', 'the namespace of the pod', 'default')
    .addOption(new Option('-o, --output <format>', 'how to show it').choices(['text', 'json', 'yaml']).default('text'))
    .action(async (pod: string, flags: ClusterOptions & { namespace: string; output: 'text' | 'json' | 'yaml' }) => {
      const { why } = await import('./commands/why.js');
      await why(flags, pod);
    });
  for (const [name, before, description] of BENCH_COMMANDS) {
    program
      .command(name)
      .description(description)
      .argument('[arguments...]')
      .helpOption(false)
      .allowUnknownOption()
      .action(async (args: string[]) => {
        const { bench } = await import('./commands/bench.js');
        await bench([...before, ...args]);
      });
  }
  program
    .command('version')
    .description('print the version')
    .action(() => say(`kubelab ${version} (node ${process.version})`));
}

/** What the services of docker-compose.yml run; nobody types them. */
function addContainerCommands(program: Command): void {
  const withPlace = (usage: string): Command =>
    program
      .command(usage, { hidden: true })
      .requiredOption('--state-dir <directory>')
      .requiredOption('--cluster-name <name>')
      .requiredOption('--apiserver-ip <address>');
  withPlace('prepare')
    .requiredOption('--node <name=address...>')
    .action(async (flags: Omit<FixedCluster, 'nodes'> & { node: string[] }) => {
      const { prepare } = await import('./commands/prepare.js');
      await prepare({ ...flags, nodes: flags.node });
    });
  withPlace('agents')
    .requiredOption('--node-name <name>')
    .requiredOption('--node-ip <address>')
    .requiredOption('--container <name>')
    .option('--proxy-mode <mode>', '', 'nftables')
    .action(async (flags: AgentsOptions) => {
      const { agents } = await import('./commands/agents.js');
      await agents(flags);
    });
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 200) throw new InvalidArgumentError('a number from 1 to 200');
  return count;
}

/** What the bundle of the benches does, and what it is to be given before the arguments. */
const BENCH_COMMANDS = [
  ['bench', [], 'measure: `bench scheduling WORKLOAD`, `bench compare A B WORKLOAD`, or what `npm run bench` measures'],
  ['record', ['record'], 'write down the nodes and pods of a cluster as they come and go'],
  ['replay', ['replay'], 'make recorded nodes and pods again, in another cluster, and measure'],
] as const;

const COMPONENTS = ['apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'hollow'];

/** `kubelet.max-pods=50` is the kubelet's `--max-pods=50`. */
function addExtraFlag(text: string, before: UpFlags['extraConfig'] = {}): NonNullable<UpFlags['extraConfig']> {
  const [, component = '', flag = ''] = /^([a-z-]+)\.([a-z0-9-]+=.*)$/.exec(text) ?? [];
  if (!COMPONENTS.includes(component)) {
    throw new InvalidArgumentError(`COMPONENT.FLAG=VALUE, of ${COMPONENTS.join(', ')}`);
  }
  return { ...before, [component]: [...(before[component] ?? []), `--${flag}`] };
}

function parseEtcdPrefix(text: string): string {
  if (/^(\/[^/\s]+)+$/.test(text)) return text;
  throw new InvalidArgumentError('it begins with a slash and does not end with one');
}

/** The apiserver runs in another directory than the command. */
function externalEtcdOf(flags: UpFlags): ExternalEtcd | undefined {
  if (!flags.etcdServers) return undefined;
  return {
    servers: flags.etcdServers.split(','),
    ...(flags.etcdCaFile ? { caFile: resolve(flags.etcdCaFile) } : {}),
    ...(flags.etcdCertFile ? { certFile: resolve(flags.etcdCertFile) } : {}),
    ...(flags.etcdKeyFile ? { keyFile: resolve(flags.etcdKeyFile) } : {}),
    ...(flags.etcdPrefix ? { prefix: flags.etcdPrefix } : {}),
  };
}
