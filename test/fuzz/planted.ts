/** Readers with faults, to see that the harness finds each kind. */
import { EvidenceError } from '../../src/bytes/errors.ts';
import type { Target } from './target.ts';

function planted(name: string, run: (bytes: Uint8Array) => void): Target {
  return { name, seeds: () => [new Uint8Array([1, 2, 3, 4])], run, refuses: ['EvidenceError'], growth: [] };
}

const kept: unknown[] = [];

export const TARGETS: readonly Target[] = [
  planted('sound', (bytes) => {
    if (bytes[0] !== 1) throw new EvidenceError('planted.first', 'the first byte is not 1');
  }),
  planted('range error', (bytes) => void new DataView(bytes.buffer).getUint32(0)),
  planted('no code', () => {
    throw Object.assign(new Error('looks like a refusal'), { name: 'EvidenceError' });
  }),
  planted('endless', () => {
    for (;;);
  }),
  planted('heap', () => {
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));
  }),
  planted('claimed length', () => void kept.push(new Uint8Array(200 << 20))),
];

/** Time that grows with the square of the input. */
export const QUADRATIC: Target = {
  ...planted('quadratic', (bytes) => {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) for (const byte of bytes) sum += byte ^ i;
    if (sum === -1) throw new Error('never');
  }),
  growth: [{ name: 'bytes', n: 400, make: (n) => new Uint8Array(n) }],
};
