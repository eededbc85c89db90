import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A mount that takes longer hangs on a server that does not answer. */
const MOUNT_TIMEOUT_MS = 30_000;

interface HostFileSystemOptions {
  /**
   * A process in the machine's mount namespace, where this one has its own: 1
   * for a kubelet in a container with `pid: host` (or the engine's, where 1
   * may not be looked into). Default: this process is in the machine's.
   */
  readonly hostPid?: number;
}

/** The machine's files and mounts, as its container engine sees them. */
export class HostFileSystem {
  readonly #root: string;
  readonly #processDirectory: string;
  readonly #enter: readonly string[];

  constructor({ hostPid }: HostFileSystemOptions = {}) {
    this.#processDirectory = `/proc/${hostPid ?? 'self'}`;
    this.#root = hostPid === undefined ? '' : `${this.#processDirectory}/root`;
    this.#enter = hostPid === undefined ? [] : ['nsenter', `--mount=${this.#processDirectory}/ns/mnt`, '--'];
  }

  /** Where this process reaches an absolute path of the machine. */
  path(absolute: string): string {
    return `${this.#root}${absolute}`;
  }

  /** The same for a path whose symbolic links are to be followed as the machine follows them. */
  async resolve(absolute: string, signal: AbortSignal): Promise<string> {
    if (this.#root === '') return absolute;
    return this.path((await this.#execute(['realpath', '--canonicalize-missing', '--', absolute], signal)).trim());
  }

  /** Runs mount(8). Rejects with its own message. */
  async mount(args: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#execute(['mount', ...args], signal);
  }

  /** Unmounts every mount at or below a directory, the innermost first. What is busy is detached. */
  async unmountBelow(directory: string, signal: AbortSignal): Promise<void> {
    await this.#unmount(await this.mountPointsBelow(directory), this.#enter, signal);
    if (this.#enter.length === 0) return;
    // A container that starts while pods run is born with copies of their mounts.
    await this.#unmount(await mountPointsBelow('/proc/self', directory), [], signal);
  }

  /** Mount points at or below a directory of the machine, in the order in which they were mounted. */
  async mountPointsBelow(directory: string): Promise<readonly string[]> {
    return await mountPointsBelow(this.#processDirectory, directory);
  }

  /** Whether mount(8) has a helper for a kind of file system, such as mount.nfs. */
  async hasMountHelper(type: string, signal: AbortSignal): Promise<boolean> {
    for (const directory of ['/sbin', '/usr/sbin']) {
      try {
        await this.#execute(['test', '-x', `${directory}/mount.${type}`], signal);
        return true;
      } catch {
        signal.throwIfAborted();
      }
    }
    return false;
  }

  /** Binds what an open file descriptor of this process stands for, whatever its path has become. */
  async bindDescriptor(descriptor: number, target: string, signal: AbortSignal): Promise<void> {
    await this.mount(['--no-canonicalize', '--bind', `/proc/${process.pid}/fd/${descriptor}`, target], signal);
  }

  async #unmount(points: readonly string[], enter: readonly string[], signal: AbortSignal): Promise<void> {
    for (const point of points.toReversed()) {
      try {
        await this.#execute(['umount', '--no-canonicalize', point], signal, enter);
      } catch {
        signal.throwIfAborted();
        await this.#execute(['umount', '--no-canonicalize', '--lazy', point], signal, enter);
      }
    }
  }

  async #execute(command: readonly string[], signal: AbortSignal, enter = this.#enter): Promise<string> {
    const [file = '', ...args] = [...enter, ...command];
    try {
      return (await run(file, args, { signal, timeout: MOUNT_TIMEOUT_MS })).stdout;
    } catch (error) {
      signal.throwIfAborted();
      const stderr = String((error as { stderr?: unknown }).stderr ?? '').trim();
      throw new Error(`${command[0]} failed: ${stderr || (error as Error).message}`, { cause: error });
    }
  }
}

async function mountPointsBelow(processDirectory: string, directory: string): Promise<readonly string[]> {
  const table = await readFile(`${processDirectory}/mountinfo`, 'utf8');
  return table
    .split('\n')
    .map((line) => decodeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === directory || point.startsWith(`${directory}/`));
}

/** mountinfo writes blanks and backslashes as octal (proc_pid_mountinfo(5)). */
function decodeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
