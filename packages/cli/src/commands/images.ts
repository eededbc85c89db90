import { createReadStream, existsSync } from 'node:fs';
import { createEngine } from '../engine/engine.js';
import { bundleDirectory, CommandError, say } from './command-context.js';
import { buildImages } from './ensure-pause-image.js';

/** Makes images present on the engine: archives that `docker save` wrote, or recipes of deploy/images by name. */
export async function imagesLoad(sources: readonly string[]): Promise<void> {
  const engine = createEngine();
  const recipes = sources.filter((source) => !existsSync(source));
  for (const path of sources.filter(existsSync)) {
    const answer = await engine.upload('/images/load?quiet=1', createReadStream(path));
    for (const line of answer.split('\n').filter((text) => text.trim() !== '')) {
      const { stream, error } = JSON.parse(line) as { stream?: string; error?: string };
      if (error) throw new CommandError(`${path}: ${error}`);
      if (stream) say(stream.trim());
    }
  }
  if (recipes.length === 0) return;
  await buildImages(bundleDirectory(), recipes);
  say(`present: ${recipes.join(', ')}`);
}
