// CartPole's dynamics. The order of the operations is the same as in Gymnasium, because the pole is
// so unstable that a rounding error in the last digit can grow to a metre within 500 steps.

// Returns the state after one step: cart position, cart velocity, pole angle, angular velocity.
// `action` is 0 for a push to the left and 1 for a push to the right. `length` is half the length of
// the pole, as in Gymnasium.
export function step([x, xDot, theta, thetaDot], action, { length, gravity }, physics) {
  const { masscart, masspole, forceMag, tau } = physics;
  const totalMass = masspole + masscart;
  const polemassLength = masspole * length;
  const force = action === 1 ? forceMag : -forceMag;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const temp = (force + polemassLength * (thetaDot * thetaDot) * sin) / totalMass;
  const thetaAcc =
    (gravity * sin - cos * temp) / (length * (4 / 3 - (masspole * (cos * cos)) / totalMass));
  const xAcc = temp - (polemassLength * thetaAcc * cos) / totalMass;
  return [x + tau * xDot, xDot + tau * xAcc, theta + tau * thetaDot, thetaDot + tau * thetaAcc];
}

// Returns whether the pole fell or the cart left the track.
export function isTerminated([x, , theta], { xThreshold, thetaThreshold }) {
  return Math.abs(x) > xThreshold || Math.abs(theta) > thetaThreshold;
}
