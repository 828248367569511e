/** Warm: a new quote of a known host, its logs known by digest, judged under the full policy. */
import { createHash } from 'node:crypto';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { isAttestOf, readAttest, writeAttest } from '../../src/tpm/attest.ts';
import type { PinSet } from '../../src/references/reference-set.ts';
import { readAkPin } from '../../src/tpm/key.ts';
import { publicName, qualifiedName } from '../../src/tpm/names.ts';
import { writePublic2B, type TpmtPublic } from '../../src/tpm/public.ts';
import { inputOf } from '../support/fixtures.ts';
import { makeAk, PARENT, signWith } from '../tpm/software-tpm.ts';
import { atMost, round, type Figure } from './figure.ts';
import { floorKey, floorSignature } from './floor.ts';
import { compare, type Effort } from './measure.ts';
import type { Peers } from './peers.ts';

/** More than a cache keeps results: when a quote comes round again, nothing made of it before can still be there. */
const QUOTES = 64;
const CACHED_RESULTS = 32;

/**
 * A captured host as it attests again and again: each time another challenge, a later clock and a signature of its own, over the
 * same PCR values. A key in software signs, since the captured machine's TPM is gone.
 */
function newQuotes(fixture: string): readonly AppraisalInput[] {
  const captured = inputOf(fixture);
  const { evidence } = captured;
  const quote = evidence.quotes[0]!;
  const attest = readAttest(quote.attest);
  if (!isAttestOf(attest, 'QUOTE')) throw new Error('the captured structure is no quote');
  const ak = makeAk('ecdsa');
  const known = akName(readAkPin(evidence.ak!).public!);
  // The place in the pin set stays: a fleet's set is long.
  const pins: PinSet = {
    ...captured.policy.pins!,
    hosts: captured.policy.pins!.hosts.map((pin) => (pin.akName === known ? { ...pin, akName: akName(ak.area) } : pin)),
  };
  const policy = { ...captured.policy, pins };
  return Array.from({ length: QUOTES }, (_, i) => {
    const nonce = createHash('sha256').update(`challenge ${i}`).digest();
    const { clock } = attest.clockInfo;
    const bytes = writeAttest({
      ...attest,
      qualifiedSigner: qualifiedName(PARENT, ak.area),
      extraData: nonce,
      clockInfo: { ...attest.clockInfo, clock: clock + BigInt(i) * 60_000n },
    });
    return {
      ...captured,
      policy,
      challenge: { nonce, selection: captured.challenge!.selection! },
      evidence: {
        ...evidence,
        ak: writePublic2B(ak.area),
        quotes: [{ attest: bytes, signature: signWith(ak, bytes), pcrs: copyOf(quote.pcrs) }],
      },
    };
  });
}

/** Values as a bundle of its own brings them: nothing can be known by the identity of an object. */
function copyOf(pcrs: AppraisalInput['evidence']['quotes'][number]['pcrs']): typeof pcrs {
  return new Map([...pcrs].map(([bank, values]) => [bank, new Map([...values].map(([pcr, v]) => [pcr, v.slice()]))]));
}

function akName(area: TpmtPublic): string {
  return Buffer.from(publicName(area)).toString('hex');
}

export async function warm(peers: Peers, effort: Effort): Promise<Figure> {
  const inputs = newQuotes('uki/baseline');
  const cache = createCache(CACHED_RESULTS);
  const { evidence } = inputs[0]!;
  const quote = evidence.quotes[0]!;
  const check = floorSignature(floorKey(evidence.ak!), quote.attest, quote.signature);
  if (!check()) throw new Error('the floor’s signature check says no');
  for (const input of inputs) {
    if (appraise(input, cache).verdict !== 'trusted') throw new Error('a warm appraisal is not trusted');
  }
  let turn = 0;
  const [floor, ours] = compare(
    [
      { name: 'signature check', run: check },
      { name: 'appraise, warm', run: () => appraise(inputs[turn++ % QUOTES]!, cache) },
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
