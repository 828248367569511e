/** What the running system extended, told apart by what proves it. Beside the classification of firmware events, the one place that makes `Verified` data. */

import type { HashName } from '../bytes/hash.ts';
import { verified, type Replayed, type Verified } from '../bytes/trust.ts';
import { boundText, type CelBinding } from './cel/bindings.ts';
import type { CelRecord } from './cel/model.ts';
import { readFields } from './ima/fields.ts';
import { entryTemplate, type ImaList } from './ima/model.ts';
import type { ProvedExtend, ReplayedRuntime } from './replay.ts';

/** One extend that a quoted value covers. */
export interface ClassifiedExtend extends ProvedExtend {
  readonly pcr: number;
  /** byte offset in its log */
  readonly offset: number;
  /** what the log calls it: event type or template, covered by no digest */
  readonly type: string;
  readonly binding: Exclude<CelBinding, 'not-extended'>;
  /** the text that was measured, where the digest proves it */
  readonly verified?: Verified<string>;
  /** what the log says of it where nothing proves it: to be shown, never a ground for anything */
  readonly hint?: string;
  /** another bank of the record whose digest is of something else than this one's, or the other way round */
  readonly disagrees?: HashName;
}

/** Every extend that the quoted values cover, per PCR in the order it was made. */
export function classifyRuntime({ replayed }: Replayed<ReplayedRuntime>): readonly ClassifiedExtend[] {
  const { bank, logs, events } = replayed;
  const systemd = logs.find((log) => log.part === 'log.systemd')?.log;
  const ima = logs.find((log) => log.part === 'log.ima')?.log;
  const records = new Map(systemd?.records.map((record) => [record.index, record]));
  return [...events].flatMap(([pcr, extended]) =>
    extended.map((one) =>
      one.part === 'log.systemd'
        ? classifyRecord(records.get(one.index)!, bank, { ...one, pcr })
        : classifyEntry(ima!, { ...one, pcr }),
    ),
  );
}

type Extended = ProvedExtend & { readonly pcr: number };

function classifyRecord(record: CelRecord, bank: HashName, extended: Extended): ClassifiedExtend {
  const { binding, text } = boundText(record, bank);
  if (binding === 'not-extended') throw new Error('a proved record has a digest of its bank');
  const said = record.content?.text?.value;
  const disagrees = [...record.digests.keys()].find(
    (other) => (boundText(record, other).binding === 'bound') !== (binding === 'bound'),
  );
  return {
    ...extended,
    offset: record.offset,
    type: record.content?.eventType ?? record.contentType,
    binding,
    ...(text !== null ? { verified: verified(text) } : said !== undefined && { hint: said }),
    ...(disagrees !== undefined && { disagrees }),
  };
}

/** Of an entry in a PCR that is not IMA's own the digest alone is asked about. */
function classifyEntry(list: ImaList, extended: Extended): ClassifiedExtend {
  const { index } = extended;
  const { fields } = readFields(list, index);
  return {
    ...extended,
    offset: list.columns.sourceOffset[index]!,
    type: entryTemplate(list, index).name,
    binding: 'hint',
    ...(fields !== undefined && { hint: fields.path }),
  };
}
