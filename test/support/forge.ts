/**
 * Hosts that no machine of the lab can be: a captured machine's logs, changed, with the PCR values they lead to and a quote
 * over these by a key in software. Log and quote agree, so that nothing but the judgement of the content can tell.
 */
import { createHash } from 'node:crypto';
import { contentId } from '../../src/bytes/hash.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import { writeAttest, type AttestOf } from '../../src/tpm/attest.ts';
import { qualifiedName } from '../../src/tpm/names.ts';
import { writePublic2B } from '../../src/tpm/public.ts';
import { parseSelection, toTpml } from '../../src/tpm/selection.ts';
import { imaSpans } from '../lab/edits.ts';
import {
  AK_ATTRIBUTES,
  CLOCK,
  makeAk,
  NONCE,
  PARENT,
  pcrDigest,
  signWith,
  type SoftwareAk,
} from '../tpm/software-tpm.ts';
import { inputOf } from './fixtures.ts';
import { celLog, pcrAfterRecords, type RecordSpec } from './cel-builder.ts';
import { binaryList, digestField, pcrAfter, type EntrySpec } from './ima-list-builder.ts';
import { agileLog, pcrsAfter, type EventSpec } from './tcg-log-builder.ts';

const LOG_BANKS = ['sha1', 'sha256', 'sha384'] as const;
const BANK = 'sha256';
const SIZE = 32;
/** One key for all but those that bring their own: what differs between a forged host and its original is what was changed. */
const AK = makeAk('ecdsa');

/** What a change works on. */
export interface ForgedHost {
  /** the firmware log behind its Spec ID event */
  events: EventSpec[];
  /** events extended after IMA took its aggregate of PCR 0 to 9, as by root on the running host */
  afterBoot: EventSpec[];
  entries: EntrySpec[];
  /** systemd's log; without any there is none */
  records: RecordSpec[];
  /** PCR values in place of what the logs lead to */
  readonly values: Map<number, Uint8Array>;
  /** what the challenge asks for and the quote is of */
  selection: string;
  ak: SoftwareAk;
  /** qualified name of the AK's parent */
  parent: Uint8Array;
  /** TPMA_OBJECT of the AK */
  attributes: number;
  /** the structure before it is written and signed */
  attest: (attest: AttestOf<'QUOTE'>) => AttestOf<'QUOTE'>;
  /** the bytes before they are signed */
  bytes: (bytes: Uint8Array) => Uint8Array;
}

/** The forged host as a verifier gets it, with the software key pinned by the caller. */
export function forge(fixture: string, change: (host: ForgedHost) => void = () => {}): AppraisalInput {
  const captured = inputOf(fixture);
  const host: ForgedHost = {
    events: eventsOf(captured.evidence.firmwareLog!.bytes!),
    afterBoot: [],
    entries: entriesOf(Buffer.from(captured.evidence.imaLog!.bytes!)),
    records: [],
    values: new Map(),
    selection: 'sha256:0-15',
    ak: AK,
    parent: PARENT,
    attributes: AK_ATTRIBUTES,
    attest: (attest) => attest,
    bytes: (bytes) => bytes,
  };
  change(host);

  const [first, ...others] = host.entries;
  const aggregate = digestField(BANK, aggregateOf(pcrsAfter(BANK, host.events)));
  const entries = first === undefined ? [] : [{ ...first, fields: [aggregate, ...first.fields.slice(1)] }, ...others];
  const events = [...host.events, ...host.afterBoot];
  const firmware = new Uint8Array(agileLog(LOG_BANKS, events).bytes);
  const ima = binaryList(entries);
  const systemd = celLog(host.records);

  const pcrs = pcrsAfter(BANK, events);
  const quoted = new Map(
    [...parseSelection(host.selection)].map(([bank, indexes]) => [
      bank,
      new Map(
        indexes.map((pcr): [number, Uint8Array] => {
          const atHandOver = pcrs.get(pcr) ?? new Uint8Array(SIZE);
          // What IMA measures into another PCR comes after systemd's own, unless the test gives the value.
          const value = pcrAfter(entries, BANK, 'native', pcr, pcrAfterRecords(BANK, host.records, pcr, atHandOver));
          return [pcr, host.values.get(pcr) ?? value];
        }),
      ),
    ]),
  );
  const { ak } = host;
  const area = { ...ak.area, objectAttributes: host.attributes };
  const publicArea = writePublic2B(area);
  const pcrSelect = toTpml(parseSelection(host.selection));
  const attest = host.bytes(
    writeAttest(
      host.attest({
        type: TPM_ST_ATTEST.QUOTE,
        qualifiedSigner: qualifiedName(host.parent, area),
        extraData: NONCE,
        clockInfo: CLOCK,
        firmwareVersion: 0x2019_1023_0016_3636n,
        attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, quoted, ak.hash) },
      }),
    ),
  );
  return {
    evidence: {
      ak: publicArea,
      quotes: [{ attest, signature: signWith(ak, attest), pcrs: quoted }],
      firmwareLog: { id: contentId(firmware), bytes: firmware },
      imaLog: { id: contentId(ima), bytes: ima },
      ...(host.records.length > 0 && { systemdLog: { id: contentId(systemd), bytes: systemd } }),
      hints: new Map(),
    },
    policy: captured.policy,
    pins: [{ by: 'caller', host: 'forged', publicArea }],
    challenge: { nonce: NONCE, selection: host.selection },
    at: captured.at,
  };
}

function eventsOf(log: Uint8Array): EventSpec[] {
  return parseTcgLog(log)
    .untrusted.events.slice(1)
    .map(({ pcr, type, data, digests }) => ({
      pcr,
      type,
      data,
      digests: { sha1: digests.sha1!, sha256: digests.sha256!, sha384: digests.sha384! },
    }));
}

function entriesOf(list: Buffer): EntrySpec[] {
  return imaSpans(list).map(({ start, data, end }) => {
    const fields: Buffer[] = [];
    for (let at = data; at < end;) {
      const next = at + 4 + list.readUInt32LE(at);
      fields.push(list.subarray(at + 4, next));
      at = next;
    }
    return { template: list.toString('latin1', start + 28, data - 4), fields, texts: [] };
  });
}

/** H(PCR 0 ‖ … ‖ PCR 9), as IMA takes it when it starts. */
function aggregateOf(pcrs: ReadonlyMap<number, Uint8Array>): Buffer {
  const hash = createHash(BANK);
  for (let pcr = 0; pcr < 10; pcr++) hash.update(pcrs.get(pcr) ?? new Uint8Array(SIZE));
  return hash.digest();
}

/** An event of a PCR and type, to be found in a forged host's log. */
export function findEvent(host: ForgedHost, pcr: number, type: number, nth = 0): number {
  const indexes = host.events.flatMap((event, index) => (event.pcr === pcr && event.type === type ? [index] : []));
  const index = indexes[nth];
  if (index === undefined) throw new Error(`no event ${nth} of type 0x${type.toString(16)} in PCR ${pcr}`);
  return index;
}
