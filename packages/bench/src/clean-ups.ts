/** What is to be removed once something is over. */
export interface CleanUps {
  readonly add: (cleanUp: () => Promise<void>) => void;
  /** All of them, the last one first; one that fails keeps no other from it. @throws AggregateError of what failed */
  readonly run: () => Promise<void>;
}

export function createCleanUps(): CleanUps {
  const cleanUps: (() => Promise<void>)[] = [];
  return {
    add: (cleanUp) => {
      cleanUps.push(cleanUp);
    },
    async run() {
      const failures: unknown[] = [];
      for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw new AggregateError(failures, `left behind: ${failures.map(String).join('; ')}`);
    },
  };
}
