import { type Duplex, PassThrough, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { engineCall, toRuntimeError } from './docker-errors.js';
import { asStdout, demultiplex } from './docker-stream.js';
import type { ContainerLogsOptions, ContainerRuntime, OutputChunk, ProcessStreams } from './runtime.js';
import { RuntimeError } from './runtime.js';

type Processes = Pick<ContainerRuntime, 'exec' | 'attach' | 'logs'>;

/** Processes in containers: their logs, what is started in them, what is attached to them. */
export function dockerProcesses(docker: Docker): Processes {
  return {
    async logs(id, options, signal) {
      return engineCall('read logs', signal, async () => {
        const container = docker.getContainer(id);
        const { tty } = await terminalOf(container, signal);
        const stream = await logStream(docker, id, options, signal);
        return aborting(tty ? asStdout(stream) : demultiplex(stream), stream, signal);
      });
    },

    async exec(id, { command, stdin, stdout, stderr, tty }, signal) {
      return engineCall('exec in container', signal, async () => {
        const exec = await docker.getContainer(id).exec({
          Cmd: [...command],
          AttachStdin: stdin,
          AttachStdout: stdout || !stderr,
          AttachStderr: stderr && !tty,
          Tty: tty,
          abortSignal: signal,
        });
        const connection = await exec.start({ hijack: true, stdin: true, Tty: tty });
        return processStreams(connection, tty, signal, {
          resize: (width, height) => exec.resize({ w: width, h: height }),
          exitCode: async () => (await exec.inspect()).ExitCode ?? undefined,
        });
      });
    },

    async attach(id, { stdin, stdout, stderr }, signal) {
      return engineCall('attach to container', signal, async () => {
        const container = docker.getContainer(id);
        const { tty, running } = await terminalOf(container, signal);
        if (!running) throw new RuntimeError('notRunning', `container ${id} is not running`);
        const connection = (await container.attach({
          stream: true,
          hijack: true,
          stdin,
          stdout,
          stderr: stderr && !tty,
        })) as Duplex;
        return processStreams(connection, tty, signal, {
          resize: (width, height) => container.resize({ w: width, h: height }),
          exitCode: async () => {
            const { State } = await container.inspect();
            return State.Running ? undefined : State.ExitCode;
          },
        });
      });
    },
  };
}

async function terminalOf(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<{ tty: boolean; running: boolean }> {
  const { Config, State } = await container.inspect({ abortSignal: signal });
  return { tty: Config.Tty, running: State.Running };
}

/** dockerode's own call holds a log that is not followed in memory as a whole. */
function logStream(docker: Docker, id: string, options: ContainerLogsOptions, signal: AbortSignal): Promise<Readable> {
  const { follow, timestamps, tailLines, sinceMs, stdout, stderr } = options;
  const query = {
    follow,
    timestamps,
    stdout,
    stderr,
    ...(tailLines === undefined ? {} : { tail: tailLines }),
    ...(sinceMs === undefined ? {} : { since: sinceMs / 1000 }),
  };
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    options: query,
    abortSignal: signal,
  };
  const modem = docker.modem as Modem;
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, stream) => (stream ? resolve(stream) : reject(error)));
  });
}

interface Modem {
  dial(request: object, callback: (error: unknown, stream?: Readable) => void): void;
}

async function* aborting(
  chunks: AsyncIterable<OutputChunk>,
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<OutputChunk> {
  try {
    yield* chunks;
  } catch (error) {
    if (!signal.aborted) throw toRuntimeError(error, 'read stream');
  } finally {
    stream.destroy();
  }
}

function processStreams(
  connection: Duplex,
  tty: boolean,
  signal: AbortSignal,
  calls: Pick<ProcessStreams, 'exitCode'> & { resize(width: number, height: number): Promise<unknown> },
): ProcessStreams {
  const abort = (): void => void connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  connection.once('close', () => signal.removeEventListener('abort', abort));
  // Errors reach whoever reads `output`; without a listener they would end the process.
  connection.on('error', () => undefined);
  const output = new PassThrough();
  connection.pipe(output);
  connection.once('close', () => output.end());
  return {
    stdin: connection,
    output: aborting(tty ? asStdout(output) : demultiplex(output), output, signal),
    resize: async (width, height) => {
      await calls.resize(width, height);
    },
    exitCode: calls.exitCode,
    close: abort,
  };
}
