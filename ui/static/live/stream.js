// A session over the page's relay (ui/relay.py): settings and shots out, answers in, and connected again when it breaks.

const WINDOW = 3; // frames under way: two at the gateway at work, and one that waits
const DELAYS_MS = [300, 1000, 2000, 4000];
// What another try would not change. 4000 and more: the HTTP status of the gateway's refusal.
const FINAL = new Set([1003, 1008, 1009, 4400, 4401, 4403, 4404, 4422]);
const REASONS = {
  1006: "The page's server does not answer.",
  1009: "The frames are larger than the server takes.",
  1012: "The server restarts.",
  1014: "The server went away.",
  4408: "Nothing was sent for a while.",
  4409: "The connection is too slow for this stream.",
};

export class Stream {
  #socket = null;
  #timer = 0;
  #tries = 0;
  #underWay = new Map(); // shots by their number
  #next = 0;
  #said = null;
  #refused = null;

  /**
   * `on`: {answered({result | error, dropped, shot}), complained(problem), waiting(why), ended(why)}.
   * A shot is of no use after it was answered; `complained` is about settings.
   */
  constructor(settings, on) {
    this.settings = settings;
    this.on = on;
    this.#connect();
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get free() {
    return this.#underWay.size < WINDOW && this.#socket.bufferedAmount === 0;
  }

  /** From the next frame on. */
  set(settings) {
    this.settings = settings;
  }

  /** Send a shot, {jpeg, close()}; what was set since the last one goes before it. */
  send(shot) {
    if (!this.open) return shot.close();
    if (this.#said !== this.settings) this.#socket.send(JSON.stringify((this.#said = this.settings)));
    this.#underWay.set(this.#next++, shot);
    this.#socket.send(shot.jpeg);
  }

  /** Connect at once, if that is what is waited for. */
  again() {
    if (this.#timer) this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#forget();
    socket?.close(1000);
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#forget();
    this.#next = 0;
    this.#said = this.#refused = null;
    const address = new URL("ui/stream", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("task", this.settings.task);
    const socket = (this.#socket = new WebSocket(address));
    socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(JSON.parse(data));
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#broken(code, reason);
  }

  #heard({ refused, frame, ...answer }) {
    if (refused) this.#refused = refused;
    else if (frame != null) this.#answered(frame, answer);
    else if (answer.error) this.on.complained(answer.error);
  }

  #answered(frame, answer) {
    this.#tries = 0;
    const shot = this.#underWay.get(frame);
    this.#underWay.delete(frame);
    this.#forget(frame); // answers come in order: what is before this one was dropped
    this.on.answered({ ...answer, shot });
    shot.close();
  }

  /** Nobody will answer the shots before this number. */
  #forget(before = Infinity) {
    for (const [number, shot] of this.#underWay) {
      if (number >= before) return;
      shot.close();
      this.#underWay.delete(number);
    }
  }

  #broken(code, reason) {
    this.#socket = null;
    const why = this.#refused?.sentence ?? REASONS[code] ?? `The stream ended${reason ? `: ${reason}` : ""} (${code}).`;
    if (FINAL.has(code)) return this.on.ended(why);
    const asked = 1000 * (this.#refused?.retry_after ?? 0);
    this.on.waiting(why);
    this.#timer = setTimeout(() => this.#connect(), Math.max(asked, DELAYS_MS[Math.min(this.#tries++, DELAYS_MS.length - 1)]));
  }
}
