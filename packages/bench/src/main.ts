import { benches } from './benches.js';
import { parseBenchOptions } from './options.js';
import { BARE_HTTPS_COMMAND, serveBareHttps } from './raw/bare-https.js';
import { runBenches } from './run-benches.js';

const args = process.argv.slice(2);
const command = args[0] === BARE_HTTPS_COMMAND ? serveBareHttps : () => runBenches(parseBenchOptions(args, benches));
process.exitCode = await command();
