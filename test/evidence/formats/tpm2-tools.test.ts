/** Files of tpm2-tools as a bundle: the same bundle a host sends, and no word of trust. */
import { describe, expect, it } from 'vitest';
import { appraise } from '../../../src/chain/appraise.ts';
import type { EvidenceBundle } from '../../../src/evidence/bundle.ts';
import { bundleFromTpm2Tools } from '../../../src/evidence/formats/tpm2-tools.ts';
import { evidenceCode } from '../../support/evidence-error.ts';
import { inputOf, readEvidence } from '../../support/fixtures.ts';

const captured = readEvidence('uki/baseline');
const quote = captured.quotes[0]!;
/** The layout of `tpm2_pcrread --output`: the values one after the other. */
const values = new Uint8Array(Buffer.concat([...quote.pcrs.values()].flatMap((bank) => [...bank.values()])));
const files = { quote: quote.attest, signature: quote.signature, pcrs: values };

function verdictOf(evidence: EvidenceBundle) {
  const { verdict, links } = appraise({ ...inputOf('uki/baseline'), evidence });
  return [verdict, links.find((link) => link.status !== 'holds' && link.required)?.link];
}

describe('bundleFromTpm2Tools', () => {
  it('gives the quote, the values and the logs of the files', () => {
    const { firmwareLog, imaLog } = captured;
    const bundle = bundleFromTpm2Tools({ ...files, firmwareLog: firmwareLog!.bytes!, imaLog: imaLog!.bytes! });
    expect(bundle.quotes).toEqual([quote]);
    expect(bundle.firmwareLog).toEqual(firmwareLog);
    expect(bundle.imaLog).toEqual(imaLog);
    expect(bundle.hints.size).toBe(0);
    const systemdLog = Uint8Array.of(0x1e);
    expect(bundleFromTpm2Tools({ ...files, systemdLog }).systemdLog?.bytes).toBe(systemdLog);
    expect(verdictOf({ ...bundle, ak: captured.ak! })).toEqual(['trusted', undefined]);
  });

  it('leaves out what is not there, so that its link stays unproven', () => {
    const bundle = bundleFromTpm2Tools({ quote: quote.attest, signature: quote.signature });
    expect(Object.keys(bundle)).toEqual(['quotes', 'hints']);
    expect(bundle.quotes[0]!.pcrs.size).toBe(0);
    expect(verdictOf({ ...bundleFromTpm2Tools(files), ak: captured.ak! })).toEqual(['unproven', 'log']);
  });

  it('passes on a quote it cannot read: the appraisal finds it', () => {
    const bundle = bundleFromTpm2Tools({ quote: quote.attest.subarray(0, 20), signature: quote.signature });
    expect(verdictOf({ ...bundle, ak: captured.ak! })).toEqual(['untrusted', 'quote']);
  });

  it('refuses values in no layout of tpm2-tools', () => {
    const refuse = (pcrs: Uint8Array) => evidenceCode(() => bundleFromTpm2Tools({ ...files, pcrs }));
    expect(refuse(values.subarray(1))).toBe('tpm.pcrs-size');
    expect(() => bundleFromTpm2Tools({ ...files, pcrs: values.subarray(1) }, '--pcrs')).toThrow(
      expect.objectContaining({ part: '--pcrs' }),
    );
  });
});
