// In a presentation, CSS enlarges whole figures with all their lines and texts; see projector.js.
// Before this, a figure gets the layout of a small panel, so that its smallest text becomes large
// enough.

export const SMALLEST_FONT = 12; // pixels in a figure, before it is enlarged
const POINTED_FONT = 16; // the font of the label under the pointer
const LABEL_EMS = 5; // width of a label of the horizontal axis, with room beside it

export const enlargement = { factor: 1 }; // 1 if there is no presentation

// Returns the number of screen pixels for each pixel of a figure.
export function pixelsPerPixel() {
  return devicePixelRatio * enlargement.factor;
}

// Gives all texts of a layout about the same size, because everyone in the room must read all of
// them. Only the label under the pointer is larger. `margin` is the figure's own margin, if any.
export function enlargeTexts(layout, margin) {
  const { size } = layout.font;
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const { title } = layout[name];
    if (title) layout[name].title = { ...title, font: { size, ...title.font } };
  }
  for (const { font } of layout.annotations ?? []) {
    if (font?.size < SMALLEST_FONT) font.size = SMALLEST_FONT;
  }
  layout.hoverlabel.font.size = POINTED_FONT;
  const sides = Object.entries(margin ?? {}).map(([side, room]) => [side, (room * size) / SMALLEST_FONT]);
  Object.assign(layout, { margin: { ...layout.margin, ...Object.fromEntries(sides) } });
  // Otherwise, Plotly would turn the labels of a narrow axis.
  layout.xaxis.nticks ??= Math.max(Math.round(layout.width / (LABEL_EMS * size) - 1.6), 3);
}
