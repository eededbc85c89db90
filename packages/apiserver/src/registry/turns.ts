/**
 * Writers of one object take turns within a process: side by side they would
 * only lose races against each other. Each is handed what the one before it
 * left, which the cache may not show yet.
 */
export class Turns<R> {
  readonly #last = new Map<string, Promise<R | undefined>>();

  /** `work` starts once those before it have ended, well or not. Its failure is the caller's alone. */
  async take<A>(
    key: string,
    work: (previous: R | undefined) => Promise<{ answer: A; left: R | undefined }>,
  ): Promise<A> {
    const before = this.#last.get(key) ?? Promise.resolve(undefined);
    const mine = before.then(work);
    const left = mine.then(
      (result) => result.left,
      () => undefined,
    );
    this.#last.set(key, left);
    try {
      return (await mine).answer;
    } finally {
      // The last one leaves nothing behind.
      if (this.#last.get(key) === left) this.#last.delete(key);
    }
  }
}
