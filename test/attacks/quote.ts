/** Attacks 51 to 70, and those of 86 to 109 on the quote, the key and what the verifier expects. */
import { TPM_ST_ATTEST, TPMA_OBJECT } from '../../src/tpm/algorithms.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { readSignature, writeSignature, type EcdsaSignature } from '../../src/tpm/signature.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { imaEntryAdded } from '../lab/edits.ts';
import { inputOf } from '../support/fixtures.ts';
import { forge, type ForgedHost } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import { AK_ATTRIBUTES } from '../tpm/software-tpm.ts';
import {
  elsewhere,
  forged,
  forgedFrom,
  ima,
  machine,
  oneQuote,
  quote,
  sent,
  sentAlone,
  type Appraised,
  type Caught,
  type Section,
} from './attack.ts';

const SIGNATURE: Caught = { link: 'quote', codes: ['quote.signature'] };
const MALFORMED: Caught = { link: 'quote', codes: ['quote.malformed'] };
const CHALLENGE: Caught = { link: 'quote', codes: ['quote.challenge'] };
const SELECTION: Caught = { link: 'quote', codes: ['quote.selection'] };
const INCOMPLETE: Caught = { link: 'quote', codes: ['quote.incomplete-selection'] };
const DIGEST: Caught = { link: 'quote', codes: ['quote.pcr-digest'] };
const ATTRIBUTES: Caught = { link: 'identity', codes: ['identity.ak-attributes'] };

const withNonce =
  (nonce: Uint8Array): Appraised['attack'] =>
  (input) => ({ ...input, challenge: { ...input.challenge!, nonce } });
const withSelection =
  (selection: string): Appraised['attack'] =>
  (input) => ({ ...input, challenge: { ...input.challenge!, selection } });

const withoutChallenge: Appraised['attack'] = (input) => {
  const rest = { ...input };
  delete (rest as { challenge?: unknown }).challenge;
  return rest;
};
const withoutLog =
  (log: 'firmwareLog' | 'imaLog'): Appraised['attack'] =>
  (input) => {
    const evidence: { -readonly [K in keyof typeof input.evidence]: (typeof input.evidence)[K] } = {
      ...input.evidence,
    };
    delete evidence[log];
    return { ...input, evidence };
  };

/** The quoted values of the first bank with a change. */
const values = (change: (pcrs: Map<number, Uint8Array>) => void): Appraised['attack'] =>
  quote(({ pcrs }) => {
    const [[bank, quoted]] = [...pcrs] as [[string, ReadonlyMap<number, Uint8Array>]];
    const copy = new Map(quoted);
    change(copy);
    return { pcrs: new Map([[bank, copy]]) };
  });

const ORDER_P256 = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const ecdsa = (change: (signature: EcdsaSignature) => EcdsaSignature): Appraised['attack'] =>
  quote(({ signature }) => ({ signature: writeSignature(change(readSignature(signature) as EcdsaSignature)) }));
const number = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));

const attribute = (name: keyof typeof TPMA_OBJECT, host: ForgedHost): void => {
  host.attributes ^= TPMA_OBJECT[name];
};

export const QUOTE: Section = {
  51: [
    forged(
      'a structure that the key’s owner wrote',
      'uki/baseline',
      (host) => {
        host.bytes = (bytes) => Uint8Array.from([0xfe, ...bytes.subarray(1)]);
      },
      { link: 'quote', codes: ['quote.magic'] },
    ),
  ],
  52: [TPM_ST_ATTEST.CERTIFY, TPM_ST_ATTEST.CREATION, TPM_ST_ATTEST.TIME].map((type) =>
    forged(
      `attestation 0x${type.toString(16)} in place of a quote`,
      'uki/baseline',
      (host) => {
        host.bytes = (bytes) =>
          Uint8Array.from([...bytes.subarray(0, 4), type >> 8, type & 0xff, ...bytes.subarray(6)]);
      },
      { link: 'quote', codes: ['quote.type'] },
    ),
  ),
  53: [
    sent('another nonce', withNonce(new Uint8Array(32).fill(7)), CHALLENGE),
    sent('the nonce cut short', (input) => withNonce(input.challenge!.nonce.slice(0, 31))(input), CHALLENGE),
    sent('no nonce', withNonce(new Uint8Array(0)), CHALLENGE),
    sent('a nonce that can be guessed', withNonce(new Uint8Array(8)), CHALLENGE),
    forged(
      'a quote with an empty extraData',
      'uki/baseline',
      (host) => {
        host.attest = (attest) => ({ ...attest, extraData: new Uint8Array(0) });
      },
      CHALLENGE,
    ),
    sent('no expected challenge', withoutChallenge, {
      link: 'quote',
      status: 'unproven',
      codes: ['quote.challenge-unknown'],
    }),
  ],
  54: [
    sentAlone(
      'two PCRs change their values',
      values((pcrs) => {
        const [one, two] = [pcrs.get(4)!, pcrs.get(15)!];
        pcrs.set(4, two).set(15, one);
      }),
      DIGEST,
    ),
    forged(
      'a selection that names other PCRs than were hashed',
      'uki/baseline',
      (host) => {
        host.attest = (attest) => {
          const [bank] = attest.attested.pcrSelect;
          const pcrSelect = [{ ...bank!, pcrSelect: bank!.pcrSelect.map((pcr) => pcr + 8) }];
          return { ...attest, attested: { ...attest.attested, pcrSelect } };
        };
      },
      { link: 'quote', codes: ['quote.pcr-digest', 'quote.selection'] },
    ),
  ],
  55: [
    forged(
      'a selection without PCR 12',
      'uki/baseline',
      (host) => {
        host.attest = (attest) => {
          const [bank] = attest.attested.pcrSelect;
          const pcrSelect = [{ ...bank!, pcrSelect: bank!.pcrSelect.filter((pcr) => pcr !== 12) }];
          return { ...attest, attested: { ...attest.attested, pcrSelect } };
        };
      },
      { link: 'quote', codes: ['quote.pcr-digest', 'quote.selection'] },
    ),
    forged(
      'one bank twice',
      'uki/baseline',
      (host) => {
        host.attest = (attest) => {
          const { pcrSelect } = attest.attested;
          return { ...attest, attested: { ...attest.attested, pcrSelect: [...pcrSelect, ...pcrSelect] } };
        };
      },
      { link: 'quote', codes: ['quote.pcr-digest', 'quote.selection'] },
    ),
    forged(
      'the digest of nothing',
      'uki/baseline',
      (host) => {
        host.attest = (attest) => ({ ...attest, attested: { ...attest.attested, pcrSelect: [] } });
      },
      { link: 'quote', codes: ['quote.pcr-digest', 'quote.selection'] },
    ),
    sent('a challenge for other PCRs', withSelection('sha256:0-15,17'), SELECTION),
  ],
  56: [
    sentAlone(
      'a value is missing',
      values((pcrs) => pcrs.delete(9)),
      DIGEST,
    ),
    sentAlone(
      'a value too many',
      values((pcrs) => pcrs.set(17, new Uint8Array(32))),
      DIGEST,
    ),
    sentAlone(
      'a value is another',
      values((pcrs) => pcrs.set(4, new Uint8Array(32))),
      DIGEST,
    ),
    sentAlone(
      'no value at all',
      quote(() => ({ pcrs: new Map() })),
      { ...DIGEST, status: 'unproven' },
    ),
  ],
  57: [
    sentAlone(
      'a byte behind the attestation',
      quote(({ attest }) => ({ attest: Uint8Array.from([...attest, 0]) })),
      SIGNATURE,
    ),
    sentAlone(
      'a byte behind the signature',
      quote(({ signature }) => ({ signature: Uint8Array.from([...signature, 0]) })),
      MALFORMED,
    ),
    forged(
      'a signed byte behind the attestation',
      'uki/baseline',
      (host) => {
        host.bytes = (bytes) => Uint8Array.from([...bytes, 0]);
      },
      MALFORMED,
    ),
  ],
  58: [
    sent('the SHA-1 bank alone', (input) => withSelection('sha1:0-15')(oneQuote(input, 2)), INCOMPLETE),
    elsewhere('a signature over a SHA-1 digest', 'test/tpm/quote.test.ts'),
  ],
  59: [
    sentAlone(
      'an RSA signature for an ECC key',
      quote(() => ({ signature: inputOf('uki/baseline', 'bundle-rsa.json').evidence.quotes[0]!.signature })),
      SIGNATURE,
    ),
  ],
  60: [
    sent(
      'RSAPSS in place of the key’s RSASSA',
      quote(({ signature }) => ({ signature: Uint8Array.from([0x00, 0x16, ...signature.subarray(2)]) })),
      SIGNATURE,
      'uki/baseline',
      'bundle-rsa.json',
    ),
    sent(
      'another hash than the key’s',
      quote(({ signature }) => ({
        signature: Uint8Array.from([...signature.subarray(0, 2), 0x00, 0x0c, ...signature.subarray(4)]),
      })),
      SIGNATURE,
      'uki/baseline',
      'bundle-rsa.json',
    ),
  ],
  61: [
    sentAlone(
      'r is zero',
      ecdsa((one) => ({ ...one, signatureR: new Uint8Array(32) })),
      SIGNATURE,
    ),
    sentAlone(
      's is the order',
      ecdsa((one) => ({ ...one, signatureS: number(ORDER_P256) })),
      SIGNATURE,
    ),
    sentAlone(
      'r of 33 bytes',
      ecdsa((one) => ({ ...one, signatureR: Uint8Array.from([0, ...one.signatureR]) })),
      SIGNATURE,
    ),
    sentAlone(
      'the other form of the same signature, which is no identity of anything',
      ecdsa((one) => ({ ...one, signatureS: number(ORDER_P256 - BigInt(`0x${toHex(one.signatureS)}`)) })),
      'nothing',
    ),
  ],
  62: [
    sent(
      'a quote of an earlier boot',
      (input) => ({
        ...input,
        prior: { resetCount: counterOf(input) + 1, restartCount: 0, clock: 0n, firmwareVersion: 0n },
      }),
      { link: 'quote', codes: ['quote.counters-regressed'] },
    ),
    sent(
      'a clock that went back within one boot',
      (input) => ({
        ...input,
        prior: { resetCount: counterOf(input), restartCount: 0, clock: 1n << 60n, firmwareVersion: 0n },
      }),
      { link: 'quote', codes: ['quote.counters-regressed'] },
    ),
  ],
  63: [sent('an entry more than the quote covers', ima(imaEntryAdded), 'nothing')],
  64: [elsewhere('the qualified name of another parent', 'test/tpm/quote.test.ts')],
  65: [machine('another host’s quote', 'uki/relayed-quote', { link: 'identity', codes: ['identity.ak-not-pinned'] })],
  66: [
    forged(
      'a bank that the firmware did not extend',
      'uki/baseline',
      (host) => {
        host.events = host.events.filter(({ type }) => type !== 4);
      },
      { link: 'log', codes: ['log.separator-missing'] },
    ),
  ],
  67: [
    forged(
      'a bank capped by the operating system',
      'uki/baseline',
      (host) => {
        const capped = fromHex('f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
        for (let pcr = 0; pcr < 8; pcr++) host.values.set(pcr, capped);
      },
      { link: 'log', codes: ['log.replay-mismatch'] },
    ),
  ],
  68: [
    forged(
      'PCRs that nobody extended, and an empty log',
      'uki/baseline',
      (host) => {
        host.events = [];
      },
      { link: 'log', codes: ['log.separator-missing'] },
    ),
    forged(
      'PCRs of ones',
      'uki/baseline',
      (host) => {
        for (let pcr = 0; pcr < 16; pcr++) host.values.set(pcr, new Uint8Array(32).fill(0xff));
      },
      { link: 'log', codes: ['log.pcr-unexplained', 'log.replay-mismatch'] },
    ),
  ],
  69: [
    forgedFrom(
      'a PCR that anyone may reset',
      'uki/baseline',
      (host) => {
        host.selection = 'sha256:0-16,23';
      },
      (host) => {
        host.values.set(16, new Uint8Array(32).fill(1)).set(23, new Uint8Array(32).fill(2));
      },
      'nothing',
    ),
  ],
  70: (['restricted', 'sign', 'decrypt', 'fixedTPM', 'fixedParent', 'sensitiveDataOrigin'] as const).map((name) =>
    forged(`an AK whose ${name} is turned round`, 'uki/baseline', (host) => attribute(name, host), ATTRIBUTES),
  ),
  86: [
    forged(
      'a challenge for fewer PCRs than the chain is judged by',
      'uki/baseline',
      (host) => {
        host.selection = 'sha256:0-11';
      },
      INCOMPLETE,
    ),
  ],
  89: [
    sent(
      'a result of the boot before',
      (input) => ({
        ...input,
        prior: { resetCount: counterOf(input) + 3, restartCount: 1, clock: 5n, firmwareVersion: 0n },
      }),
      { link: 'quote', codes: ['quote.counters-regressed'] },
    ),
  ],
  90: [sent('evidence once more, for the next challenge', withNonce(new Uint8Array(32).fill(0x5a)), CHALLENGE)],
  96: [
    forged(
      'a key that decrypts as well',
      'uki/baseline',
      (host) => {
        host.attributes = AK_ATTRIBUTES | TPMA_OBJECT.decrypt;
      },
      ATTRIBUTES,
    ),
    sent(
      'another key beside the pinned one’s quote',
      (input) => ({ ...input, evidence: { ...input.evidence, ak: inputOf('uki/second-host').evidence.ak! } }),
      SIGNATURE,
    ),
    sent(
      'a public area cut short',
      (input) => ({ ...input, evidence: { ...input.evidence, ak: input.evidence.ak!.subarray(0, 40) } }),
      { link: 'identity', codes: ['identity.malformed'] },
    ),
  ],
  105: [
    sent('a genuine TPM that is not ours', () => ({ ...forge('uki/baseline'), pins: [] }), {
      link: 'identity',
      codes: ['identity.ak-not-pinned'],
    }),
  ],
  108: [
    machine('the challenge is relayed to a good machine', 'uki/relayed-quote', {
      link: 'identity',
      codes: ['identity.ak-not-pinned'],
    }),
  ],
  109: [
    forged(
      'PCR 12 is empty, says a quote without it',
      'uki/baseline',
      (host) => {
        host.selection = 'sha256:0-11,13-15';
      },
      INCOMPLETE,
    ),
    sent('no runtime list, so nothing unapproved in it', withoutLog('imaLog'), {
      link: 'log',
      status: 'unproven',
      codes: ['log.missing'],
    }),
    sent('no firmware log, so nothing unapproved in it', withoutLog('firmwareLog'), {
      link: 'log',
      status: 'unproven',
      codes: ['log.missing'],
    }),
    sent('no quote', (input) => ({ ...input, evidence: { ...input.evidence, quotes: [] } }), {
      link: 'quote',
      status: 'unproven',
      codes: ['quote.missing'],
    }),
    forged(
      'an empty runtime list',
      'uki/baseline',
      (host) => {
        host.entries = [];
      },
      { link: 'runtime', status: 'unproven', codes: ['runtime.list-missing'] },
    ),
  ],
  106: [
    sent(
      'an unapproved entry that was there the last time as well',
      () => {
        const input = inputOf('uki/extra-program');
        // The first appraisal changes nothing for the second.
        appraise(input);
        return { ...input, prior: { resetCount: counterOf(input), restartCount: 0, clock: 0n, firmwareVersion: 0n } };
      },
      { link: 'runtime', codes: ['runtime.entry-unapproved'] },
    ),
    forged(
      'an unapproved entry among a hundred approved ones behind it',
      'uki/baseline',
      (host) => {
        host.entries.splice(1, 0, file('/tmp/unapproved'));
      },
      { link: 'runtime', codes: ['runtime.entry-unapproved'] },
    ),
  ],
};

/** resetCount of the quotes of an input. */
function counterOf(input: ReturnType<typeof inputOf>): number {
  const attest = Buffer.from(input.evidence.quotes[0]!.attest);
  const signer = 6 + 2 + attest.readUInt16BE(6);
  return attest.readUInt32BE(signer + 2 + attest.readUInt16BE(signer) + 8);
}
