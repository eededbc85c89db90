// `npm test`: sets up what is missing, checks the code, and runs every test.
// Its arguments are vitest's. The last line says how many tests passed and failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runQuietly } from './machine.mjs';
import { TOP } from './project.mjs';
import { setUp } from './setup.mjs';
import { main, step } from './steps.mjs';

const IMAGES = ['pause', 'nginx', 'nginx-1.22', 'busybox', 'etcd'];
const TOOLS = join(TOP, 'node_modules/.bin');

/** What holds of the code as a whole; two at a time, the slow one first. */
const GUARDS = [
  ['types', 'tsc', ['-b']],
  ['lint', 'biome', ['check', '.']],
  ['import directions', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'test']],
  ['unused code and dependencies', 'knip', []],
];

await main(async () => {
  await setUp(IMAGES, { tests: true });
  const failedGuards = await runGuards();
  const { passed, failed } = await runVitest();
  for (const name of failedGuards) process.stdout.write(`guard failed: ${name}\n`);
  const failures = failed + failedGuards.length;
  process.stdout.write(`${passed} passed, ${failures} failed\n`);
  process.exitCode = failures === 0 ? 0 : 1;
});

/** The names of those that failed, after what they had to say. */
async function runGuards() {
  const waiting = [...GUARDS];
  const failed = [];
  const next = async () => {
    for (let guard = waiting.shift(); guard; guard = waiting.shift()) {
      const [name, tool, args] = guard;
      try {
        await step(name, () => runQuietly(join(TOOLS, tool), args, process.env, { cwd: TOP }));
      } catch (error) {
        process.stdout.write(`✖ ${error.message}\n`);
        failed.push(name);
      }
    }
  };
  await Promise.all([next(), next()]);
  return failed;
}

/** How many tests passed and failed; a file that cannot even be loaded counts as one that failed. */
async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const code = await runShown(join(TOOLS, 'vitest'), ['run', ...reporters, ...process.argv.slice(2)]);
    const report = JSON.parse(readFileSync(reportFile, 'utf8'));
    const broken = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length;
    const failed = report.numFailedTests + broken;
    // Vitest fails for errors outside of any test, too.
    return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runShown(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: TOP });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
