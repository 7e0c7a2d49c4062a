// Plotly's colour scales.

// An outdated colour bar may be too short by this factor. Values beyond the bar get the bar's last
// colour.
export const SHORT_COLOUR_BAR = 1.25;

// Returns 256 colours along a Plotly colour scale, as RGBA bytes.
export function coloursOf(scale) {
  const context = Object.assign(document.createElement("canvas"), { width: 256, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const gradient = context.createLinearGradient(0, 0, 256, 0);
  for (const [place, colour] of scale) gradient.addColorStop(place, colour);
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 1);
  return new Uint32Array(context.getImageData(0, 0, 256, 1).data.buffer);
}
