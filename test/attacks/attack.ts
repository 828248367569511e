/** What a row of the attack table is, and the changes an attacker makes to captured evidence. */
import { contentId } from '../../src/bytes/hash.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import type { FindingCode } from '../../src/checks/codes.ts';
import type { LinkId } from '../../src/checks/model.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import type { TcgEvent } from '../../src/logs/tcg/model.ts';
import { inputOf, type BundleFile } from '../support/fixtures.ts';
import { forge, type ForgedHost } from '../support/forge.ts';

/** The weakest link that the attack leaves, its status (broken unless said), and the codes of all its findings. */
export interface Caught {
  readonly link: LinkId;
  readonly status?: 'broken' | 'unproven';
  readonly codes: readonly FindingCode[];
}

/** An attack carried out against the whole appraisal. */
export interface Appraised {
  readonly kind: 'appraised';
  readonly name: string;
  /** what is trusted before the attack */
  readonly base: () => AppraisalInput;
  readonly attack: (input: AppraisalInput) => AppraisalInput;
  /** `nothing`: the attack changes bytes that nothing depends on, and no link with them */
  readonly caught: Caught | 'nothing';
}

/** A document that is refused before anything is judged, with the code of its error. */
export interface Refused {
  readonly kind: 'refused';
  readonly name: string;
  readonly accepted: () => unknown;
  readonly attack: () => unknown;
  readonly code: string;
}

/** An attack that another test carries out; its title names the number. */
export interface Elsewhere {
  readonly kind: 'elsewhere';
  readonly name: string;
  readonly file: string;
}

export type Attack = Appraised | Refused | Elsewhere;
export type Section = Readonly<Record<number, readonly Attack[]>>;

type Edit = (log: Buffer) => Uint8Array;

const appraised = (
  name: string,
  base: () => AppraisalInput,
  attack: Appraised['attack'],
  caught: Appraised['caught'],
): Appraised => ({ kind: 'appraised', name, base, attack, caught });

/** A captured machine's evidence, changed by whoever sends it. */
export function sent(
  name: string,
  attack: Appraised['attack'],
  caught: Appraised['caught'],
  fixture = 'uki/baseline',
  file: BundleFile = 'bundle.json',
): Appraised {
  return appraised(name, () => inputOf(fixture, file), attack, caught);
}

/** The same with one quote of one bank, as most hosts send it. */
export function sentAlone(name: string, attack: Appraised['attack'], caught: Appraised['caught']): Appraised {
  return appraised(name, () => oneQuote(inputOf('uki/baseline')), attack, caught);
}

/** A machine that the lab booted otherwise than approved, beside the one it booted as approved. */
export function machine(name: string, fixture: string, caught: Caught): Appraised {
  const baseline = `${fixture.slice(0, fixture.indexOf('/'))}/baseline`;
  return appraised(
    name,
    () => inputOf(baseline),
    () => inputOf(fixture),
    caught,
  );
}

/** A host whose logs, PCR values and quote agree and are not those of an approved machine. */
export function forged(
  name: string,
  fixture: string,
  change: (host: ForgedHost) => void,
  caught: Appraised['caught'],
): Appraised {
  return appraised(
    name,
    () => forge(fixture),
    () => forge(fixture, change),
    caught,
  );
}

/** A forged host that is trusted as `before` makes it, and attacked by `change` on top. */
export function forgedFrom(
  name: string,
  fixture: string,
  before: (host: ForgedHost) => void,
  change: (host: ForgedHost) => void,
  caught: Appraised['caught'],
): Appraised {
  const both = (host: ForgedHost): void => {
    before(host);
    change(host);
  };
  return appraised(
    name,
    () => forge(fixture, before),
    () => forge(fixture, both),
    caught,
  );
}

export function elsewhere(name: string, file: string): Elsewhere {
  return { kind: 'elsewhere', name, file };
}

export function oneQuote(input: AppraisalInput, index = 0): AppraisalInput {
  return { ...input, evidence: { ...input.evidence, quotes: [input.evidence.quotes[index]!] } };
}

const part = (bytes: Uint8Array) => ({ id: contentId(bytes), bytes });

export function firmware(edit: Edit): Appraised['attack'] {
  return (input) => {
    const bytes = Uint8Array.from(edit(Buffer.from(input.evidence.firmwareLog!.bytes!)));
    return { ...input, evidence: { ...input.evidence, firmwareLog: part(bytes) } };
  };
}

export function ima(edit: Edit): Appraised['attack'] {
  return (input) => {
    const bytes = Uint8Array.from(edit(Buffer.from(input.evidence.imaLog!.bytes!)));
    return { ...input, evidence: { ...input.evidence, imaLog: part(bytes) } };
  };
}

export function systemd(edit: Edit): Appraised['attack'] {
  return (input) => {
    const bytes = Uint8Array.from(edit(Buffer.from(input.evidence.systemdLog!.bytes!)));
    return { ...input, evidence: { ...input.evidence, systemdLog: part(bytes) } };
  };
}

/** A forged host whose evidence is changed on the way: whoever does so cannot quote again. */
export function forgedThenSent(
  name: string,
  fixture: string,
  before: (host: ForgedHost) => void,
  attack: Appraised['attack'],
  caught: Appraised['caught'],
): Appraised {
  return appraised(name, () => forge(fixture, before), attack, caught);
}

/** The first quote with its bytes changed; whoever does so cannot sign it again. */
export function quote(change: (quote: AppraisalInput['evidence']['quotes'][number]) => object): Appraised['attack'] {
  return (input) => {
    const [first, ...rest] = input.evidence.quotes;
    return { ...input, evidence: { ...input.evidence, quotes: [{ ...first!, ...change(first!) }, ...rest] } };
  };
}

export function events(log: Uint8Array): readonly TcgEvent[] {
  return parseTcgLog(log).untrusted.events;
}

/** The first event of a PCR with that type. */
export function eventAt(log: Uint8Array, pcr: number, type: number): TcgEvent {
  return events(log).find((event) => event.pcr === pcr && event.type === type && event.index > 0)!;
}

export function putU32(log: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt32LE(value, offset);
  return copy;
}

export function inserted(log: Buffer, offset: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([log.subarray(0, offset), bytes, log.subarray(offset)]);
}
