// Puts the numbers of a game into the sentences that the server has translated.

function filled(template, values) {
  return template.replace(/{(\w+)}/g, (_all, name) => String(values[name]).replace("-", "−"));
}

export function returnOf(game, texts) {
  return filled(texts.return, { n: game.rows.length });
}

// Says why the episode ended, and its return.
export function resultOf(game, texts) {
  const leftTrack = Math.abs(game.state[0]) > game.setup.physics.xThreshold;
  const end = !game.terminated ? "limit" : leftTrack ? "track" : "pole";
  return filled(texts.ends[end], { n: game.rows.length });
}

export function stateOf(game, texts) {
  const [x, , angle] = game.observation;
  const degrees = ((angle * 180) / Math.PI).toFixed(1);
  return filled(texts.state, { n: game.rows.length, x: x.toFixed(2), angle: degrees });
}
