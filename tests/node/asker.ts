// A client that keeps asking while something else happens.

/** What was answered between two moments. */
export interface Asked {
  readonly answered: number;
  /** What was refused: the reason, and when, in seconds since the first question. */
  readonly refused: readonly { readonly why: string; readonly at: number }[];
  /** Seconds between the first and the last refusal. */
  readonly outage: number;
}

/** Asks one question after the other, until it is stopped. */
export class Asker {
  private readonly began = Date.now();
  private readonly refused: { why: string; at: number }[] = [];
  private answered = 0;
  private stopped = false;
  private readonly running: Promise<void>;

  /** @param ask resolves to nothing where it is answered, and to the reason where it is refused */
  constructor(ask: () => Promise<string | undefined>, every = 300) {
    this.running = this.run(ask, every);
  }

  /** Ends, and tells what was answered. */
  async stop(): Promise<Asked> {
    this.stopped = true;
    await this.running;
    const { answered, refused } = this;
    const [first, last] = [refused[0]?.at ?? 0, refused.at(-1)?.at ?? 0];
    return { answered, refused, outage: last - first };
  }

  private async run(ask: () => Promise<string | undefined>, every: number): Promise<void> {
    while (!this.stopped) {
      const at = (Date.now() - this.began) / 1000;
      const why = await ask().catch((error: unknown) => String(error));
      if (why === undefined) this.answered++;
      else this.refused.push({ why, at });
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }
}
