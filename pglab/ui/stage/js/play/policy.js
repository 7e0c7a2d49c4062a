// Computes the probabilities of the actions with the parameters of the policy network.

import { decodeBase64 } from "../dom.js";

const ACTIVATIONS = { relu: (value) => Math.max(value, 0), tanh: Math.tanh };

function floats(text) {
  return new Float32Array(decodeBase64(text).buffer);
}

function linear({ weights, biases }, inputs) {
  const outputs = new Float64Array(biases.length);
  for (let row = 0; row < biases.length; row += 1) {
    let sum = biases[row];
    const start = row * inputs.length;
    for (let i = 0; i < inputs.length; i += 1) sum += weights[start + i] * inputs[i];
    outputs[row] = sum;
  }
  return outputs;
}

function symexp(value) {
  return Math.sign(value) * Math.expm1(Math.abs(value));
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = [...logits].map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// Returns the probabilities of the ε-greedy policy of a critic.
function epsilonGreedy(values, epsilon) {
  const best = values.indexOf(Math.max(...values));
  return [...values].map((_value, a) => (a === best) * (1 - epsilon) + epsilon / values.length);
}

export class Policy {
  constructor({ layers, activation, symexpHead, epsilon }) {
    this.layers = layers.map(([weights, biases]) => ({
      weights: floats(weights),
      biases: floats(biases),
    }));
    this.activation = ACTIVATIONS[activation];
    this.symexpHead = symexpHead;
    this.epsilon = epsilon; // null if the outputs of the network are logits
  }

  probabilities(observation) {
    let values = observation;
    for (const layer of this.layers.slice(0, -1)) {
      values = linear(layer, values).map(this.activation);
    }
    let outputs = linear(this.layers.at(-1), values);
    if (this.symexpHead) outputs = outputs.map(symexp);
    return this.epsilon === null ? softmax(outputs) : epsilonGreedy(outputs, this.epsilon);
  }
}
