import { createReadStream, existsSync } from 'node:fs';
import { createEngine, type Engine, EngineError } from '../engine/engine.js';
import { bundleDirectory, CommandError, say } from './command-context.js';
import { buildImages } from './ensure-pause-image.js';

/**
 * Makes images present on the engine that all nodes of the machine share: archives
 * that `docker save` wrote (`-`: from the standard input), images that are on it
 * already, or recipes of deploy/images by name. Nothing is loaded where a source
 * is none of these.
 *
 * @throws CommandError
 */
export async function imagesLoad(sources: readonly string[], engine: Engine = createEngine()): Promise<void> {
  const present = new Set<string>();
  const recipes: string[] = [];
  for (const source of sources.filter((one) => !isArchive(one))) {
    if (await isPresent(engine, source)) present.add(source);
    else recipes.push(source);
  }
  // It knows its recipes, and refuses what is none before anything is loaded.
  if (recipes.length > 0) await buildImages(bundleDirectory(), recipes);
  for (const source of sources.filter(isArchive)) await loadArchive(engine, source);
  const names = [...present, ...recipes];
  if (names.length > 0) say(`present: ${names.join(', ')}`);
}

function isArchive(source: string): boolean {
  return source === '-' || existsSync(source);
}

async function isPresent(engine: Engine, reference: string): Promise<boolean> {
  try {
    await engine.get(`/images/${reference.split('/').map(encodeURIComponent).join('/')}/json`);
    return true;
  } catch (error) {
    // 400: no reference at all.
    if (error instanceof EngineError && (error.status === 404 || error.status === 400)) return false;
    throw error;
  }
}

async function loadArchive(engine: Engine, path: string): Promise<void> {
  const archive = path === '-' ? process.stdin : createReadStream(path);
  let loaded = 0;
  for (const line of (await engine.upload('/images/load?quiet=1', archive)).split('\n')) {
    if (line.trim() === '') continue;
    const { stream, error } = JSON.parse(line) as { stream?: string; error?: string };
    if (error) throw new CommandError(`${path}: ${error}`);
    if (!stream?.trim()) continue;
    loaded += 1;
    say(stream.trim());
  }
  if (loaded === 0) throw new CommandError(`${path}: no image is in it`);
}
