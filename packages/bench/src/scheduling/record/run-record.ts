import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseDuration } from '@kubelab/runtime';
import { openKubeconfig } from '../../cluster/kubeconfig.js';
import { runKubelab } from '../../cluster/kubelab-command.js';
import { runStoppable } from '../run-scheduling.js';
import { parse, UsageError } from '../scheduling-options.js';
import { recordCluster } from './record-cluster.js';
import type { RecordedEvent, RecordingHead } from './recording.js';

const USAGE = `Usage: kubelab record FILE [flags]

Writes down the nodes and pods of a cluster as they come, are bound, and go: JSON lines, until Ctrl-C.

  --name NAME              the cluster (default: kubelab)
  --kubeconfig FILE        any other
  --duration DURATION      end by itself after so long
`;

const FLAGS = {
  name: { type: 'string', default: 'kubelab' },
  kubeconfig: { type: 'string' },
  duration: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** `kubelab record …`. Resolves with the exit code; Ctrl-C is its proper end. */
export async function runRecord(args: readonly string[]): Promise<number> {
  let recorded: number | undefined;
  const code = await runStoppable(USAGE, async (signal) => {
    const { values, positionals } = parse(args, FLAGS);
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('name one file');
    const limit = values.duration === undefined ? [] : [AbortSignal.timeout(durationMs(values.duration))];
    const kubeconfig =
      values.kubeconfig ?? (await runKubelab(['kubeconfig', '--name', values.name], { signal })).trim();
    recorded = await record(kubeconfig, file, AbortSignal.any([signal, ...limit]));
    process.stderr.write(`${recorded} events in ${file}\n`);
  });
  return recorded === undefined ? code : 0;
}

/** Resolves with the number of events. */
async function record(kubeconfig: string, file: string, signal: AbortSignal): Promise<number> {
  const { client } = await openKubeconfig(kubeconfig);
  const output = createWriteStream(file);
  let events = 0;
  const write = (line: RecordedEvent | RecordingHead): void => void output.write(`${JSON.stringify(line)}\n`);
  try {
    await once(output, 'open');
    write({ kubelabRecording: 1, startedAt: new Date().toISOString() });
    await recordCluster(
      client,
      (event) => {
        events += 1;
        write(event);
      },
      signal,
    );
  } finally {
    client.close();
    output.end();
    await once(output, 'close');
  }
  return events;
}

function durationMs(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new UsageError(`--duration: ${(cause as Error).message}`, { cause });
  }
}
