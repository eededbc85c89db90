// What `npm start` and `npm test` begin with. Where nothing is missing it takes
// a fraction of a second.
import { ensureImages, missingImages } from '../images/build.mjs';
import { ensureDocker } from './docker.mjs';
import { ensureMachine } from './machine.mjs';
import { ensureBundles, ensurePackages } from './project.mjs';
import { step } from './steps.mjs';

/** Sees to the machine's packages, the engine, the project and these images. */
export async function setUp(images) {
  await ensureMachine({ images: false });
  await ensureDocker();
  const missing = await missingImages(images);
  if (missing.length > 0) await ensureMachine({ images: true });
  await Promise.all([
    missing.length > 0 && step(`images: ${missing.join(', ')}`, () => ensureImages(missing)),
    ensurePackages().then(ensureBundles),
  ]);
}
