// Draws CartPole like Gymnasium: the same sizes, colours and rounding, so that the game looks like
// the player's frames.

export const WIDTH = 600;
export const HEIGHT = 400;
const CART = { width: 50, height: 30, y: 100, colour: "rgb(0, 0, 0)" };
const POLE = { width: 10, colour: "rgb(202, 152, 101)" };
const AXLE = { above: 7.5, radius: 5, colour: "rgb(129, 132, 203)" };

// The centre of the pixel in a column and a row of Gymnasium's picture, whose rows count upwards.
function centre([column, row]) {
  return [Math.trunc(column) + 0.5, HEIGHT - 0.5 - Math.trunc(row)];
}

// Fills a polygon. Like pygame, it also fills the pixels on its edge, so the edge is drawn too.
function fill(context, corners, colour) {
  context.fillStyle = context.strokeStyle = colour;
  context.beginPath();
  for (const corner of corners) context.lineTo(...centre(corner));
  context.closePath();
  context.fill();
  context.stroke();
}

function rectangle(left, bottom, right, top) {
  return [
    [left, bottom],
    [left, top],
    [right, top],
    [right, bottom],
  ];
}

export function drawCartPole(context, [x, , theta], length, xThreshold) {
  const scale = WIDTH / (2 * xThreshold);
  const cartX = x * scale + WIDTH / 2;
  const axleY = CART.y + AXLE.above;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.lineWidth = 1;
  const [halfWidth, halfHeight] = [CART.width / 2, CART.height / 2];
  const cart = rectangle(-halfWidth, -halfHeight, halfWidth, halfHeight);
  fill(context, cart.map(([column, row]) => [column + cartX, row + CART.y]), CART.colour);
  const half = POLE.width / 2;
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const pole = rectangle(-half, -half, half, 2 * length * scale - half).map(([column, row]) => [
    column * cos + row * sin + cartX,
    row * cos - column * sin + axleY,
  ]);
  fill(context, pole, POLE.colour);
  context.fillStyle = AXLE.colour;
  context.beginPath();
  context.arc(...centre([cartX, axleY]), AXLE.radius + 0.5, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = CART.colour;
  context.fillRect(0, HEIGHT - 1 - CART.y, WIDTH, 1);
}
