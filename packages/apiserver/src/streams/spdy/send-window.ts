/**
 * How much may be sent (SPDY/3.1, section 2.6.8). Kubernetes' own clients do no
 * flow control at all: they announce no window and never widen one, so that a
 * window is held to only once the peer has shown that it keeps windows.
 */
export class SendWindow {
  #bytes: number;
  #isKept: boolean;
  #waiting: (() => void)[] = [];

  constructor(bytes: number, isKept = false) {
    this.#bytes = bytes;
    this.#isKept = isKept;
  }

  /** How many of so many bytes may be sent now. */
  allowed(wanted: number): number {
    return this.#isKept ? Math.max(0, Math.min(wanted, this.#bytes)) : wanted;
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** The peer keeps windows, and this one is wider now; narrower by a negative number. */
  widen(bytes: number): void {
    this.#isKept = true;
    this.#bytes += bytes;
    if (this.#bytes > 0) this.release();
  }

  /** Resolves when it has been widened, or released. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends all waiting: it is wide enough, or the connection is gone. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
