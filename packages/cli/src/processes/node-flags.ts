/**
 * Room for young objects, which V8 would let grow to 16 MiB twice over in each
 * of nine processes. Less of it costs the small components nothing measurable;
 * an apiserver under load spends a tenth of its time collecting with 2.
 */
const YOUNG_MEBIBYTES: Readonly<Record<string, number>> = { apiserver: 16, scheduler: 8, hollow: 16, supervisor: 1 };
const SMALL_YOUNG_MEBIBYTES = 2;

/** Node's own flags for a process. The build makes a code cache of each bundle for these: V8 has another for others. */
export function nodeFlags(component: string): string[] {
  return [
    `--max-semi-space-size=${YOUNG_MEBIBYTES[component] ?? SMALL_YOUNG_MEBIBYTES}`,
    // It needs little, and V8 takes what it is given.
    ...(component === 'supervisor' ? ['--max-old-space-size=64'] : []),
  ];
}
