// A frame of the camera: a picture that is kept until its answer comes, and the JPEG that is sent.

const SIDE = 640; // pixels: detectors look at no more
const QUALITY = 0.8;

export class Shot {
  #at = performance.now();

  /** Rejects when the video shows nothing any more. `sheet`: a canvas to work on. */
  static async of(video, sheet) {
    const shot = new Shot();
    shot.image = await createImageBitmap(video);
    shot.jpeg = await compressed(shot.image, sheet);
    return shot;
  }

  /** Milliseconds since it was taken. */
  get age() {
    return performance.now() - this.#at;
  }

  /** Give its memory back at once: it is that of the graphics card. */
  close() {
    this.image.close();
  }
}

function compressed(image, sheet) {
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  sheet.width = Math.round(image.width * scale);
  sheet.height = Math.round(image.height * scale);
  sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  return new Promise((resolve) => sheet.toBlob(resolve, "image/jpeg", QUALITY));
}
