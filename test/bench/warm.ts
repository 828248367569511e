/** Warm: a new quote of a known host, its logs known by digest, judged under the full policy. */
import { createCache } from '../../src/chain/cache.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { inputOf } from '../support/fixtures.ts';
import { atMost, round, type Figure } from './figure.ts';
import { floorKey, floorSignature } from './floor.ts';
import { compare, type Effort } from './measure.ts';
import type { Peers } from './peers.ts';

export async function warm(peers: Peers, effort: Effort): Promise<Figure> {
  const whole = inputOf('uki/baseline');
  const input = { ...whole, evidence: { ...whole.evidence, quotes: whole.evidence.quotes.slice(0, 1) } };
  const cache = createCache();
  const quote = input.evidence.quotes[0]!;
  const check = floorSignature(floorKey(input.evidence.ak!), quote.attest, quote.signature);
  if (!check()) throw new Error('the floor’s signature check says no');
  if (appraise(input, cache).verdict !== 'trusted') throw new Error('the warm appraisal is not trusted');
  const [floor, ours] = compare(
    [
      { name: 'signature check', run: check },
      { name: 'appraise, warm', run: () => appraise(input, cache) },
    ],
    effort,
  );
  return atMost(2, {
    id: 'warm',
    what: 'appraise a new quote, logs known by digest, full policy',
    unit: 'µs',
    value: round(ours!.best, 1),
    floor: { what: 'one ECDSA P-256 check, key object reused', value: round(floor!.best, 1) },
    peers: await peers.signature(),
  });
}
