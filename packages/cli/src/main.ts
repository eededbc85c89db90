import { createCommandLine, runCommandLine } from './command-line.js';
import { VERSION } from './version.js';

const program = createCommandLine(VERSION);
process.exitCode = await runCommandLine(program, process.argv);
