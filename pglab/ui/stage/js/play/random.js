// Random numbers that depend only on a seed. The generator is Mulberry32 by Tommy Ettinger.

// Returns a function that returns uniform random numbers in [0, 1).
export function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Returns `count` independent generators for one episode of one seed.
export function episodeStreams(seed, episode, count) {
  const seeds = randomNumbers(Math.imul(seed + 1, 0x9e3779b9) ^ Math.imul(episode, 0x85ebca6b));
  return Array.from({ length: count }, () => randomNumbers(seeds() * 2 ** 32));
}

// Draws an action like training does: the first action at which the sum of the probabilities exceeds
// a random number.
export function sampleAction(probabilities, draw) {
  let reached = 0;
  const action = probabilities.findIndex((probability) => draw < (reached += probability));
  return action < 0 ? probabilities.length - 1 : action;
}
