import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

type CniCommand = 'ADD' | 'DEL' | 'VERSION';

/** A plugin's part of a network configuration; what else it holds is the plugin's own. */
export interface CniPluginConfiguration {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [option: string]: unknown;
}

/** What ADD answers with (CNI 0.3 to 1.1); plugins read and add more. */
export interface CniResult {
  readonly cniVersion?: string;
  readonly ips?: readonly { readonly address: string; readonly gateway?: string }[];
  readonly [field: string]: unknown;
}

/** What a plugin is told about the container, in its environment. */
export interface CniContainer {
  readonly containerId: string;
  /** "" when it is gone, which only DEL accepts. */
  readonly networkNamespace: string;
  readonly interfaceName: string;
  /** `K8S_POD_NAME` and the like. */
  readonly args: Readonly<Record<string, string>>;
}

/** A plugin that failed, with its own message. */
class CniError extends Error {
  override readonly name: string = 'CniError';
}

/** A plugin that is not installed. */
export class CniPluginMissingError extends CniError {
  override readonly name = 'CniPluginMissingError';
}

const PLUGIN_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** Where portmap and others find iptables, whatever PATH this process was started with. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs one plugin: its configuration on stdin, the command in its environment,
 * in this process's network namespace (CNI specification 1.0, section 2).
 * Rejects with {@link CniError}.
 */
export async function runCniPlugin(
  binDirectory: string,
  command: CniCommand,
  configuration: CniPluginConfiguration,
  container: CniContainer,
  signal: AbortSignal,
): Promise<CniResult | undefined> {
  const file = await findPlugin(binDirectory, configuration.type);
  const environment = {
    PATH: `${process.env.PATH ?? ''}:${SYSTEM_PATH}`,
    CNI_COMMAND: command,
    CNI_CONTAINERID: container.containerId,
    CNI_NETNS: container.networkNamespace,
    CNI_IFNAME: container.interfaceName,
    CNI_ARGS: Object.entries(container.args)
      .map(([name, value]) => `${name}=${value}`)
      .join(';'),
    CNI_PATH: binDirectory,
  };
  const output = await execute(file, environment, JSON.stringify(configuration), signal);
  return output.trim() === '' ? undefined : (JSON.parse(output) as CniResult);
}

async function findPlugin(directory: string, type: string): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(type)) throw new CniError(`invalid plugin type "${type}"`);
  const file = join(directory, type);
  try {
    await access(file, constants.X_OK);
    return file;
  } catch (error) {
    throw new CniPluginMissingError(`failed to find plugin "${type}" in path [${directory}]`, { cause: error });
  }
}

async function execute(
  file: string,
  env: Readonly<Record<string, string>>,
  input: string,
  signal: AbortSignal,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const options = { env, signal, timeout: PLUGIN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const child = execFile(file, [], options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (signal.aborted) reject(signal.reason);
      else reject(new CniError(messageOf(file, stdout, stderr, error), { cause: error }));
    });
    // A plugin that ends without reading says why on stdout.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function messageOf(file: string, stdout: string, stderr: string, error: Error): string {
  try {
    const { msg, details } = JSON.parse(stdout) as { msg?: string; details?: string };
    if (msg) return details ? `${msg}; ${details}` : msg;
  } catch {
    // Not a plugin's answer: the process itself failed.
  }
  return `plugin ${file} failed: ${stderr.trim() || stdout.trim() || error.message}`;
}
