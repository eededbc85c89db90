export { createCommandLine, runCommandLine } from './command-line.js';
