// Reads the numbers in Plotly's typed arrays, which store 32-bit floats as base64 text.

import { decodeBase64 } from "./dom.js";

// Returns whether `values` is a one-dimensional typed array of Plotly.
export function isPacked(values) {
  return values?.dtype === "f4" && !values.shape;
}

export function unpackNumbers(packed) {
  return new Float32Array(decodeBase64(packed.bdata).buffer);
}

// Returns a list or typed array with only its first value. Returns a single value unchanged.
export function firstOf(values) {
  if (Array.isArray(values)) return values.slice(0, 1);
  if (!isPacked(values)) return values;
  const bytes = decodeBase64(values.bdata).slice(0, Float32Array.BYTES_PER_ELEMENT);
  return { ...values, bdata: btoa(String.fromCharCode(...bytes)) };
}
