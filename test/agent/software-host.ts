/** A host's TPM in software: its keys are Node's, its structures and signatures are real. It also tells what was asked of it. */

import { generateKeyPairSync } from 'node:crypto';
import type { HostTpm } from '../../src/agent/host-tpm.ts';
import { TpmError } from '../../src/agent/tss2/errors.ts';
import { fromBase64url } from '../../src/bytes/text.ts';
import { TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import { writeAttest } from '../../src/tpm/attest.ts';
import { hostKeyTemplate } from '../../src/tpm/host-key-template.ts';
import { publicName, qualifiedName } from '../../src/tpm/names.ts';
import { selectionText, toTpml } from '../../src/tpm/selection.ts';
import { writePublic2B, type TpmtPublic } from '../../src/tpm/public.ts';
import { activateCredential, makeEk, type SoftwareEk } from '../tpm/endorsement-key.ts';
import { CLOCK, makeAk, PARENT, pcrDigest, pcrValues, signWith, type SoftwareAk } from '../tpm/software-tpm.ts';

export interface SoftwareHost {
  /** as `OpenTpm` */
  open: () => Promise<HostTpm>;
  /** how often it was opened and closed, and quoted */
  readonly count: { opened: number; closed: number; quoted: number };
  /** the next quote is refused so */
  failWith(code: string): void;
  /** replaces the keys, as clearing the TPM or changing the board does */
  replace(what: 'ak' | 'ek'): void;
  /** runs before each quote */
  beforeQuote: () => void;
}

const EK = makeEk('L-2');

export function softwareHost(): SoftwareHost {
  let ek: SoftwareEk = EK;
  let ak: SoftwareAk = makeAk('ecdsa');
  let failure: string | null = null;
  const hostKey = makeHostKey();
  const count = { opened: 0, closed: 0, quoted: 0 };
  const host: SoftwareHost = {
    count,
    failWith: (code) => (failure = code),
    replace: (what) => (what === 'ak' ? (ak = makeAk('ecdsa')) : (ek = makeEk('L-2'))),
    beforeQuote: () => undefined,
    async open() {
      count.opened++;
      return {
        ak: { public: writePublic2B(ak.area), parent: 'endorsement', kept: null },
        hostKey: { public: writePublic2B(hostKey) },
        endorsementKey: async () => ({ public: writePublic2B(ek.area), certificates: [Uint8Array.of(0x30, 0)] }),
        async activate(credentialBlob, secret) {
          const opened = activateCredential(ek, publicName(ak.area), { credentialBlob, secret });
          if (opened === undefined) throw tpmError('TPM_RC_INTEGRITY');
          return opened;
        },
        certifyHostKey: async (extraData) =>
          signed(ak, {
            ...common(ak, extraData),
            type: TPM_ST_ATTEST.CERTIFY,
            attested: { name: publicName(hostKey), qualifiedName: qualifiedName(PARENT, hostKey) },
          }),
        async quote(extraData, selection) {
          host.beforeQuote();
          count.quoted++;
          if (failure !== null) {
            const code = failure;
            failure = null;
            throw tpmError(code);
          }
          const pcrs = pcrValues(selectionText(selection));
          const pcrSelect = toTpml(selection);
          const attested = { pcrSelect, pcrDigest: pcrDigest(pcrSelect, pcrs, ak.hash) };
          return { ...signed(ak, { ...common(ak, extraData), type: TPM_ST_ATTEST.QUOTE, attested }), pcrs };
        },
        close: async () => void count.closed++,
      };
    },
  };
  return host;
}

function tpmError(code: string): TpmError {
  return new TpmError({ code, layer: 'tpm', message: `refused: ${code}`, advice: 'look at the TPM' });
}

type Attest = Parameters<typeof writeAttest>[0];

function common(ak: SoftwareAk, extraData: Uint8Array) {
  return { qualifiedSigner: qualifiedName(PARENT, ak.area), extraData, clockInfo: CLOCK, firmwareVersion: 1n };
}

function signed(ak: SoftwareAk, structure: Attest): { readonly attest: Uint8Array; readonly signature: Uint8Array } {
  const attest = writeAttest(structure);
  return { attest, signature: signWith(ak, attest) };
}

function makeHostKey(): TpmtPublic {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ format: 'jwk' });
  const template = hostKeyTemplate(new Uint8Array(32));
  if (template.type !== 'ecc') throw new Error('a host key is on a curve');
  return { ...template, unique: { x: fromBase64url(x!), y: fromBase64url(y!) } };
}
