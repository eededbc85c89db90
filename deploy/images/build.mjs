// Sees to it that images are present: `node deploy/images/build.mjs [NAME…]`.
// An image is taken as it is when present (built by the present recipe, or not
// built by us), else pulled, else built from Debian's packages.
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { baseImage, tarOf, tryPull } from './base.mjs';
import { buildImage, importImage, inspectImage, pruneImages } from './engine.mjs';
import { pauseExecutable } from './pause/elf.mjs';
import { BUILT_LABEL, RECIPE_LABEL, RECIPES, STAGE_LABEL } from './recipes.mjs';

const top = fileURLToPath(new URL('../../', import.meta.url));

/** Makes the named images present and resolves with their tags. Names are those of RECIPES. */
export async function ensureImages(names = Object.keys(RECIPES), log = () => {}) {
  const absent = await missingImages(names);
  if (absent.length > 0) await locked(log, () => ensureAll(absent, log));
  return names.map((name) => RECIPES[name].image);
}

/** Those of the named images that are absent, or of an older recipe. */
export async function missingImages(names) {
  const unknown = names.filter((name) => !RECIPES[name]);
  if (unknown.length > 0) throw new Error(`no such image: ${unknown}; there are ${Object.keys(RECIPES).join(', ')}`);
  const present = await Promise.all(names.map((name) => isPresent(RECIPES[name])));
  return names.filter((_, index) => !present[index]);
}

async function ensureAll(names, log) {
  const started = new Map();
  const start = (name) => {
    if (!started.has(name))
      started.set(
        name,
        afterOther(name).then(() => ensure(RECIPES[name], log)),
      );
    return started.get(name);
  };
  const afterOther = async (name) => {
    const other = RECIPES[name].after;
    if (other && names.includes(other)) await start(other);
  };
  const outcomes = await Promise.allSettled(names.map(start));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

async function isPresent(recipe) {
  const image = await inspectImage(recipe.image);
  const labels = image?.Config?.Labels ?? {};
  return image !== undefined && (labels[BUILT_LABEL] !== 'true' || labels[RECIPE_LABEL] === digest(recipe));
}

async function ensure(recipe, log) {
  if (await isPresent(recipe)) return;
  const startedMs = performance.now();
  if (recipe.mayPull && !(await inspectImage(recipe.image)) && (await tryPull(recipe.image))) {
    log(`${recipe.image}: pulled in ${seconds(startedMs)}`);
    return;
  }
  await (recipe.kind === 'pause' ? buildPause(recipe) : buildDockerfile(recipe, log));
  await removeReplaced(log);
  log(`${recipe.image}: built in ${seconds(startedMs)}`);
}

/** The image that a new one has taken the name from, and what was only a stage of its build, would pile up. */
async function removeReplaced(log) {
  for (const label of [RECIPE_LABEL, STAGE_LABEL])
    await pruneImages(label).catch((error) => log(`replaced images are kept: ${error.message}`));
}

const seconds = (startedMs) => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

async function buildPause(recipe) {
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-pause-'));
  try {
    writeFileSync(join(folder, 'pause'), pauseExecutable(process.arch), { mode: 0o755 });
    const labels = `LABEL ${BUILT_LABEL}=true ${RECIPE_LABEL}=${digest(recipe)}`;
    await importImage(recipe.image, tarOf(folder, ['pause']), ['ENTRYPOINT ["/pause"]', labels]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildDockerfile(recipe, log) {
  const base = await baseImage(recipe.base ?? 'debian', log);
  const output = [];
  const context = tarOf(
    top,
    recipe.context.flatMap(([folder, paths]) => flags(folder, paths)),
  );
  await buildImage({
    name: recipe.image,
    context,
    args: { BASE: base, ...recipe.args },
    labels: { [BUILT_LABEL]: 'true', [RECIPE_LABEL]: digest(recipe) },
    onOutput: (text) => output.push(text),
  }).catch((error) => {
    throw new Error(`${recipe.image} cannot be built: ${error.message}\n${output.slice(-30).join('')}`);
  });
}

/** tar's way of taking each set of paths from its own folder. */
const flags = (folder, paths) => ['-C', resolve(top, folder), ...paths];

/** What an image is made from, as a digest. */
function digest(recipe) {
  const hash = createHash('sha256').update(JSON.stringify(recipe));
  for (const [folder, paths] of recipe.context)
    for (const path of paths) addFiles(hash, resolve(top, folder, path), resolve(top, folder));
  return hash.digest('hex').slice(0, 16);
}

function addFiles(hash, path, folder) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new Error(`${relative(top, path)} is missing: build first (npm run build)`);
  if (stat.isDirectory()) {
    for (const name of readdirSync(path).sort()) addFiles(hash, join(path, name), folder);
    return;
  }
  hash
    .update(`${relative(folder, path)}\0`)
    .update(readFileSync(path))
    .update('\0');
}

/** One build at a time on a machine: a second one would only do the same work again. */
async function locked(log, work) {
  const path = join(process.getuid?.() === 0 ? '/run' : tmpdir(), 'kubelab-images.lock');
  let told = false;
  for (;;) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeFileSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isStale(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) log(`waiting for another build of images (${path})`);
    told = true;
    await delay(200);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function isStale(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return pid === 0 && Date.now() - statSync(path).mtimeMs > 5_000;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  try {
    await ensureImages(names.length > 0 ? names : undefined, (line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
