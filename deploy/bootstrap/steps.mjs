// What the scripts of this folder show while they work.

/** What the user must do first: its message is all that is shown. */
export class SetupError extends Error {}

/**
 * Does a piece of work and shows how long it took, as `kubelab up` shows its
 * steps; on stderr, for what a command prints may be meant for a program.
 */
export async function step(title, work) {
  const startedMs = performance.now();
  process.stderr.write(`❯ ${title}\n`);
  const result = await work();
  process.stderr.write(`✔ ${title} [${((performance.now() - startedMs) / 1000).toFixed(1)}s]\n`);
  return result;
}

/** Runs a script to its end: a SetupError is told without its stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    const text = error instanceof SetupError ? error.message : (error.stack ?? String(error));
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}
