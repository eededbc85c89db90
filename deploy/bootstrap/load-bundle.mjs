// Runs a bundle, with V8's code cache of it where there is a good one: most of the
// time in which a process starts goes into compiling, and a cluster starts ten.
// Copied to dist/bin by bundle.mjs, whose NAME.mjs there call it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/** Set by bundle.mjs: the cache is written when the process ends. */
const WRITE_VARIABLE = 'KUBELAB_WRITE_CODE_CACHE';
const DIGEST_BYTES = 32;

/**
 * @param {string} url that of dist/bin/NAME.mjs
 * @param {string} code the file with the code, from there: its name holds a digest of what is in it
 * @returns {{ isCached: boolean, ended: Promise<void> }} whether V8 took the code cache, and when its main.ts is through:
 * whoever imports the bundle waits for that, as for a module that awaits
 */
export function loadBundle(url, code) {
  const directory = dirname(fileURLToPath(url));
  const filename = join(directory, code);
  // Another V8, other flags and other processors have caches of their own.
  const cacheFile = filename.replace(/\.js$/, `-${cachedDataVersionTag().toString(16)}.cache`);
  const cachedData = readCache(cacheFile);
  // One byte a character, outside of the heap: bundle.mjs leaves none that needs more.
  const source = readFileSync(filename, 'latin1');
  const script = new Script(source, { filename, ...(cachedData ? { cachedData } : {}) });
  if (process.env[WRITE_VARIABLE]) {
    delete process.env[WRITE_VARIABLE];
    process.once('exit', () => writeCache(cacheFile, script.createCachedData()));
  }
  const module = { exports: {} };
  const run = script.runInThisContext();
  let ended = Promise.resolve();
  const load = (specifier) => import(specifier);
  run(module.exports, createRequire(url), module, fileURLToPath(url), directory, url, load, (main) => {
    ended = main;
  });
  return { isCached: cachedData !== undefined && script.cachedDataRejected === false, ended };
}

/** V8 itself looks at little more than sizes: what is not as it was written is not given to it. */
function readCache(file) {
  try {
    const bytes = readFileSync(file);
    const data = bytes.subarray(DIGEST_BYTES);
    return digest(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    // Without it everything is the same, only later.
    return undefined;
  }
}

function writeCache(file, data) {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, Buffer.concat([digest(data), data]));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    process.stderr.write(`the code cache cannot be written: ${error.message}\n`);
  }
}

function digest(data) {
  return createHash('sha256').update(data).digest();
}
