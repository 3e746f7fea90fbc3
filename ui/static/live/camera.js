// The camera of the browser: opening it, and why that failed.

const REASONS = {
  NotAllowedError: "The browser may not use the camera. Allow it in the address bar of this page, then start again.",
  NotFoundError: "No camera was found. Connect one, then start again.",
  NotReadableError: "The camera is in use by another program. Close that one, then start again.",
  OverconstrainedError: "No camera was found that gives pictures. Connect another one, then start again.",
  Insecure: "Browsers give a camera only to pages over https, or of this machine (127.0.0.1). Open the page that way.",
};

/** Return a MediaStream; rejects with what `sentence` explains. */
export function open() {
  if (!navigator.mediaDevices) return Promise.reject(new DOMException("", "Insecure"));
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } } });
}

export function sentence(error) {
  return REASONS[error.name] ?? `The camera could not be started (${error.name}). Try another one, or another browser.`;
}
