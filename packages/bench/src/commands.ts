import { benches } from './benches.js';
import { parseBenchOptions } from './options.js';
import { BARE_HTTPS_COMMAND, serveBareHttps } from './raw/bare-https.js';
import { runBenches } from './run-benches.js';
import { runCompare } from './scheduling/compare/run-compare.js';
import { runRecord } from './scheduling/record/run-record.js';
import { runReplay } from './scheduling/record/run-replay.js';
import { runScheduling } from './scheduling/run-scheduling.js';

type Command = (args: readonly string[]) => Promise<number>;

/** Commands by their first argument; all else names benches of `npm run bench`. */
const COMMANDS: Readonly<Record<string, Command>> = {
  [BARE_HTTPS_COMMAND]: serveBareHttps,
  scheduling: runScheduling,
  compare: runCompare,
  record: runRecord,
  replay: runReplay,
};

/** Resolves with the exit code. */
export function runCommand(args: readonly string[]): Promise<number> {
  const [first = '', ...rest] = args;
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return command ? command(rest) : runBenches(parseBenchOptions(args, benches));
}
