import { describe, expect, it } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { bareInput } from '../support/bare-input.ts';
import { celLog } from '../support/cel-builder.ts';

const bare = bareInput('fixtures/uki/baseline');
const bundle = bare.evidence;
const { nonce } = bare.challenge!;

/** A log that tells when somebody looks at it. */
function watched(looks: { count: number }): EvidenceBundle {
  const log = (part: NonNullable<EvidenceBundle['imaLog']>) => ({
    id: part.id,
    get bytes() {
      looks.count++;
      return part.bytes!;
    },
  });
  const systemd = { id: 'sha256:0', bytes: celLog([{ text: 'ready' }]) };
  return { ...bundle, firmwareLog: log(bundle.firmwareLog!), imaLog: log(bundle.imaLog!), systemdLog: log(systemd) };
}

function input(evidence: EvidenceBundle, change: Partial<AppraisalInput> = {}): AppraisalInput {
  return { ...bare, evidence, ...change };
}

describe('no log byte is read before the quote is accepted', () => {
  it('reads the logs of an accepted quote', () => {
    const looks = { count: 0 };
    appraise(input(watched(looks)));
    expect(looks.count).toBeGreaterThan(0);
  });

  const refused: readonly [string, (evidence: EvidenceBundle) => AppraisalInput][] = [
    ['no pin', (evidence) => input(evidence, { pins: [] })],
    ['another AK', (evidence) => input(evidence, { pins: [{ by: 'caller', name: `000b${'00'.repeat(32)}` }] })],
    ['another nonce', (evidence) => input(evidence, { challenge: { nonce: new Uint8Array(32) } })],
    ['another selection', (evidence) => input(evidence, { challenge: { nonce, selection: 'sha256:0-14' } })],
    [
      'an altered signature',
      (evidence) => {
        const [first, ...others] = evidence.quotes;
        const signature = first!.signature.slice();
        signature[signature.length - 1]! ^= 1;
        // A spread would read the logs, so the getters are carried over.
        const altered = Object.create(evidence) as EvidenceBundle;
        Object.defineProperty(altered, 'quotes', { value: [{ ...first!, signature }, ...others] });
        return input(altered);
      },
    ],
  ];
  it.each(refused)('%s: reads none', (_, make) => {
    const looks = { count: 0 };
    const { verdict } = appraise(make(watched(looks)));
    expect(verdict).not.toBe('trusted');
    expect(looks.count).toBe(0);
  });
});
