// How fast it goes: answers a second and their median latency over the last seconds, and camera frames nobody looked at.

const WINDOW_MS = 3000;

export class Meter {
  #answers = [];
  #frames = 0;
  #skipped = 0;
  #dropped = 0;
  #droppedBefore = 0;

  seen() {
    this.#frames += 1;
  }

  /** A frame that was not sent, because enough of them are under way. */
  skipped() {
    this.#skipped += 1;
  }

  /** `dropped` is the server's count of the session; it begins anew with each connection. */
  answered(elapsed, dropped) {
    if (dropped < this.#dropped) this.#droppedBefore += this.#dropped;
    this.#dropped = dropped;
    this.#answers.push({ at: performance.now(), elapsed });
  }

  read() {
    const now = performance.now();
    this.#answers = this.#answers.filter(({ at }) => now - at < WINDOW_MS);
    const sorted = this.#answers.map(({ elapsed }) => elapsed).sort((a, b) => a - b);
    return {
      rate: (1000 * sorted.length) / WINDOW_MS,
      latency: sorted[Math.floor(sorted.length / 2)],
      dropped: this.#skipped + this.#droppedBefore + this.#dropped,
      frames: this.#frames,
    };
  }
}
