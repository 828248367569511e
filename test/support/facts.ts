/** Facts, references and manifests from literals, for tests of single checks. */
import { createHash } from 'node:crypto';
import { checkById } from '../../src/checks/catalogue.ts';
import type { ImageMatch } from '../../src/checks/image-match.ts';
import type { Outcome } from '../../src/checks/model.ts';
import type { References } from '../../src/checks/references.ts';
import { Facts } from '../../src/facts/facts.ts';
import type { EventContent, Fact, FactName, FactSource, FactValues, SignatureFact } from '../../src/facts/model.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { parseDocument } from '../../src/references/schema.ts';
import { parseImageManifest, type ImageManifest } from '../../src/references/manifest.ts';
import type { ReferenceSet, ReferenceSetOf } from '../../src/references/reference-set.ts';
import { binaryList, pcrAfter, type EntrySpec } from './ima-list-builder.ts';

/** SHA-256 of a text, hexadecimal: a digest with a name. */
export function hex(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

export function fact<N extends FactName>(
  name: N,
  value: FactValues[N],
  subject = '',
  source: FactSource = { part: 'quote' },
): Fact {
  return { name, value, subject, source, provenance: {} };
}

/** A PCR of the judged bank that replays, unless said otherwise. */
export function pcr(index: number, value: Partial<FactValues['pcr']> = {}, bank?: 'sha384'): Fact {
  const all = {
    quoted: hex('pcr'),
    replayed: hex('pcr'),
    equal: true,
    events: 1,
    separators: index <= 7 ? 1 : 0,
    ...value,
  };
  const subject = bank === undefined ? String(index) : `${bank}:${index}`;
  return fact('pcr', all, subject, { part: 'quote', pcr: index, bank: bank ?? 'sha256' });
}

/** Sixteen PCRs that replay. */
export const PCRS: readonly Fact[] = Array.from({ length: 16 }, (_, index) => pcr(index));

let index = 0;
/** An event of a PCR: its digest by name, its content, and whether its separator came before. */
export function event(
  pcrIndex: number,
  name: string,
  content: EventContent = { kind: 'none' },
  afterSeparator = false,
): Fact<'event'> {
  const value = { type: 'EV_TEST', digest: /^[0-9a-f]{64}$/.test(name) ? name : hex(name), afterSeparator, content };
  const source: FactSource = { part: 'log.firmware', pcr: pcrIndex, index: index++, bank: 'sha256' };
  return fact('event', value, String(index), source) as Fact<'event'>;
}

export const separator: EventContent = { kind: 'separator', error: false };
export const errorSeparator: EventContent = { kind: 'separator', error: true };
export const action = (text: string): EventContent => ({ kind: 'action', text });

export const GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
export const SECURITY = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';

export function variable(
  name: string,
  more: { value?: string; entries?: readonly SignatureFact[]; guid?: string } = {},
): EventContent {
  const empty = more.value === '' || more.entries?.length === 0;
  return { kind: 'variable', name, guid: name.startsWith('db') ? SECURITY : GLOBAL, empty, ...more };
}

export const cert = (name: string, owner = 'someone'): SignatureFact => ({ type: 'x509', owner, sha256: hex(name) });

const reference = {
  schema: 'assay.reference/1',
  version: '1',
  source: 'test',
  basis: 'computed-from-file',
  author: 'test',
  expiresAt: '2099-01-01T00:00:00Z',
} as const;

export function firmwareSet(
  components: readonly [pcr: number, name: string][],
  revoked: readonly string[] = [],
): ReferenceSet {
  return {
    ...reference,
    name: 'firmware',
    kind: 'firmware',
    components: components.map(([index, name]) => ({
      component: 'part',
      pcr: index,
      digests: { sha256: hex(name) },
      basis: 'computed-from-file',
    })),
    revoked: revoked.map((name) => ({ component: 'part', digests: { sha256: hex(name) }, reason: 'known bad' })),
  };
}

export function keySet(keys: Partial<Record<'PK' | 'KEK' | 'db', readonly string[]>>): ReferenceSet {
  const entries = (names: readonly string[] = []) =>
    names.map((name) => ({ type: 'x509' as const, owner: 'approved', sha256: hex(name) }));
  return {
    ...reference,
    name: 'keys',
    kind: 'secure-boot-keys',
    PK: entries(keys.PK),
    KEK: entries(keys.KEK),
    db: entries(keys.db),
  };
}

export function dbxSet(...required: readonly string[]): ReferenceSet {
  return { ...reference, name: 'dbx', kind: 'dbx', required: required.map(hex) };
}

export function mokSet(variables: readonly string[], sbatLevels: readonly string[] = []): ReferenceSetOf<'mok'> {
  return {
    ...reference,
    name: 'mok',
    kind: 'mok',
    sbatLevels: [...sbatLevels],
    variables: variables.map((name) => ({ name, digests: { sha256: hex(name) } })),
  };
}

/** A manifest of nothing, with what is given in its place. */
export function manifest(change: Partial<ImageManifest> = {}): ImageManifest {
  const only = (events: readonly { component: string; name: string }[] = []) => [
    {
      name: 'only',
      events: events.map(({ component, name }) => ({ component, what: name, digests: { sha256: hex(name) } })),
    },
  ];
  return parseImageManifest({
    schema: 'assay.manifest/1',
    name: 'image',
    version: '1',
    kind: 'uki',
    sources: [],
    commandLine: 'quiet',
    initrd: hex('initrd'),
    kernel: { version: '6.1', kvm: 'modules' },
    images: [],
    pcrs: Object.fromEntries(['4', '8', '9', '11', '12', '13', '14'].map((pcr) => [pcr, only()])),
    files: [],
    ...change,
  });
}

/** One order of events of a manifest, by component and name. */
export function order(...events: readonly [component: string, name: string][]) {
  return {
    name: 'order',
    events: events.map(([component, name]) => ({ component, what: name, digests: { sha256: hex(name) } })),
  };
}

export const NO_IMAGE: ImageMatch = { manifest: null, differences: [], commandLine: null };

export interface Asked {
  readonly facts?: readonly Fact[];
  readonly sets?: readonly ReferenceSet[];
  readonly image?: Partial<ImageMatch>;
  readonly parameters?: unknown;
  readonly references?: Partial<References>;
  /** the runtime list, replayed */
  readonly list?: readonly EntrySpec[];
  /** what is said of the list, in place of every entry replayed natively */
  readonly ima?: Fact;
}

/** Asks one check of the catalogue; its parameters go through its own schema. */
export function ask(
  id: string,
  { facts = [], sets = [], image = {}, parameters = {}, references = {}, list, ima }: Asked = {},
): Outcome {
  const check = checkById(id)!;
  return check.evaluate({
    facts: new Facts(
      [...facts, ...(list === undefined ? [] : [ima ?? imaFact(list.length)])],
      'sha256',
      prefixOf(list),
    ),
    references: { manifests: [], sets, expired: [], weak: [], selection: 'sha256:0-15', prior: null, ...references },
    image: { ...NO_IMAGE, ...image },
    parameters: parseDocument(check.parameters, parameters, 'test', id) as never,
  });
}

export function imaFact(entries: number, mode: 'native' | 'padded' = 'native', waiting = 0): Fact {
  return fact('ima', { mode, entries, waiting }, '', { part: 'log.ima', pcr: 10 });
}

function prefixOf(list: readonly EntrySpec[] | undefined) {
  if (list === undefined) return null;
  const { prefix } = replayPrefix(parseImaList(binaryList(list)), { bank: 'sha256', quoted: pcrAfter(list, 'sha256') });
  if (prefix === undefined) throw new Error('the list made for this test does not replay');
  return prefix;
}

/** The answer with the codes of its findings: `no: a.b, c.d`. */
export function answer({ answer: word, findings }: Outcome): string {
  const codes = [...new Set<string>(findings.map(({ code }) => code))].toSorted();
  return codes.length === 0 ? word : `${word}: ${codes.join(', ')}`;
}
