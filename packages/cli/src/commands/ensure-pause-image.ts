import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PAUSE_IMAGE } from '../cluster/node-container.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { CommandError } from './command-context.js';

const run = promisify(execFile);

/** Builds recipes of deploy/images by name; their output is shown when they fail. */
export async function buildImages(binDir: string, names: readonly string[]): Promise<void> {
  const script = join(binDir, '../../deploy/images/build.mjs');
  if (!existsSync(script)) throw new CommandError(`${script} is missing: images are built in a clone of kubelab`);
  try {
    await run(process.execPath, [script, ...names]);
  } catch (error) {
    throw new CommandError((error as { stderr?: string }).stderr?.trim() || String(error));
  }
}

/** What a node's container and every pod's sandbox run; made of bytes here, it takes no download. */
export async function ensurePauseImage(engine: Engine, binDir: string): Promise<void> {
  try {
    await engine.get(`/images/${encodeURIComponent(PAUSE_IMAGE)}/json`);
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
    await buildImages(binDir, ['pause']);
  }
}
