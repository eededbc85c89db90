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

/** Set by bundle.mjs: what is compiled by the end of the process becomes the cache that the build makes. */
const BUILD_VARIABLE = 'KUBELAB_WRITE_CODE_CACHE';
/** One that has run for so long has compiled what its start needs, and leaves that in place of the build's cache. */
const WORTH_KEEPING_MS = 3000;
const DIGEST_BYTES = 32;
/** The byte after the digest tells where a cache is from. */
const ORIGIN = { build: 0, run: 1 };

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
  const { data: cachedData, origin } = readCache(cacheFile);
  // One byte a character, outside of the heap: bundle.mjs leaves none that needs more.
  const source = readFileSync(filename, 'latin1');
  const script = new Script(source, { filename, ...(cachedData ? { cachedData } : {}) });
  const isBuild = process.env[BUILD_VARIABLE] !== undefined;
  delete process.env[BUILD_VARIABLE];
  const isCached = cachedData !== undefined && script.cachedDataRejected === false;
  if (!isCached || (origin === ORIGIN.build && !isBuild))
    process.once('exit', (code) => {
      if (isBuild) writeCache(cacheFile, ORIGIN.build, script);
      else if (code === 0 && performance.now() > WORTH_KEEPING_MS) writeCache(cacheFile, ORIGIN.run, script);
    });
  const module = { exports: {} };
  const run = script.runInThisContext();
  let ended = Promise.resolve();
  const load = (specifier) => import(specifier);
  run(module.exports, createRequire(url), module, fileURLToPath(url), directory, url, load, (main) => {
    ended = main;
  });
  return { isCached, ended };
}

/** V8 itself looks at little more than sizes: what is not as it was written is not given to it. */
function readCache(file) {
  try {
    const bytes = readFileSync(file);
    const content = bytes.subarray(DIGEST_BYTES);
    if (!digest(content).equals(bytes.subarray(0, DIGEST_BYTES))) return {};
    return { origin: content[0], data: content.subarray(1) };
  } catch {
    // Without it everything is the same, only later.
    return {};
  }
}

function writeCache(file, origin, script) {
  const draft = `${file}.${process.pid}`;
  try {
    const content = Buffer.concat([Buffer.of(origin), script.createCachedData()]);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, Buffer.concat([digest(content), content]));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    // Where the installation is read-only, it stays as it was built.
    if (origin === ORIGIN.build) process.stderr.write(`the code cache cannot be written: ${error.message}\n`);
  }
}

function digest(content) {
  return createHash('sha256').update(content).digest();
}
