// From the camera to the stream: each frame that the stream has room for.
import { Shot } from "./shot.js";

export class Pump {
  #video;
  #stream;
  #meter;
  #next = 0;
  #shooting = false;
  #sheet = document.createElement("canvas");

  constructor(video, stream, meter) {
    [this.#video, this.#stream, this.#meter] = [video, stream, meter];
    this.#wait();
  }

  stop() {
    this.#video.cancelVideoFrameCallback(this.#next);
  }

  #wait() {
    this.#next = this.#video.requestVideoFrameCallback(() => this.#frame());
  }

  async #frame() {
    this.#wait();
    if (!this.#stream.open) return;
    this.#meter.seen();
    if (this.#shooting || !this.#stream.free) return this.#meter.skipped();
    this.#shooting = true;
    try {
      this.#stream.send(await Shot.of(this.#video, this.#sheet));
    } catch {
      this.#meter.skipped(); // the camera ended just now
    } finally {
      this.#shooting = false;
    }
  }
}
