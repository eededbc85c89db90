// What `npm start` and `npm test` begin with. Where nothing is missing it takes
// a fraction of a second.
import { ensureImages, missingImages } from '../images/build.mjs';
import { ensureDocker } from './docker.mjs';
import { ensureMachine } from './machine.mjs';
import { ensureBundles, ensurePackages } from './project.mjs';
import { step } from './steps.mjs';

/** Sees to the machine's packages, the engine, the project and these images; with `tests`, to what they need too. */
export async function setUp(images, { tests = false } = {}) {
  await ensureMachine({ tests });
  await ensureDocker();
  const missing = await missingImages(images);
  if (missing.length > 0) await ensureMachine({ images: true });
  // Those that are made from the project's own build have to wait for it.
  const own = missing.filter((name) => name === 'node');
  const others = missing.filter((name) => name !== 'node');
  await Promise.all([buildMissing(others), ensurePackages().then(ensureBundles)]);
  await buildMissing(own);
}

async function buildMissing(names) {
  if (names.length > 0) await step(`images: ${names.join(', ')}`, () => ensureImages(names));
}
