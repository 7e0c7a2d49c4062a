// Numbers as Plotly's typed arrays: base64 of 32-bit floats.

import { decodeBase64 } from "./dom.js";

// Whether this is Plotly's typed array of one dimension.
export function isPacked(values) {
  return values?.dtype === "f4" && !values.shape;
}

export function unpackNumbers(packed) {
  return new Float32Array(decodeBase64(packed.bdata).buffer);
}

// The first of several values, or the one value for all.
export function firstOf(values) {
  if (Array.isArray(values)) return values.slice(0, 1);
  if (!isPacked(values)) return values;
  const bytes = decodeBase64(values.bdata).slice(0, Float32Array.BYTES_PER_ELEMENT);
  return { ...values, bdata: btoa(String.fromCharCode(...bytes)) };
}
