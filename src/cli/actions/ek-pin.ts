/** What `assay ek-pin …` does. */

import type { EkPinList, EkPinsAdded, NewEkPins } from '../../api/ek-pin-schemas.ts';
import { UsageError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/text.ts';
import type { AddEkPinOptions, ImportEkPinsOptions } from '../commands/ek-pin.ts';
import type { OperatorOptions, ReasonOptions } from '../commands/operator-options.ts';
import { readCsv, type CsvRow } from '../csv.ts';
import { readText } from '../input.ts';
import type { Io } from '../io.ts';
import { allPages, operatorClient, withReason, type Call } from '../operator-client.ts';
import { said } from '../output.ts';
import { renderTable } from '../render/table.ts';

type NewPin = NewEkPins['pins'][number];
type Pin = EkPinList['pins'][number];

/** @throws UsageError `ek-pin.ek`, and as {@link operatorClient} */
export async function addEkPin(io: Io, ek: string, options: AddEkPinOptions): Promise<void> {
  const { name, policy } = options;
  const pin = { ...readEk(ek, 'the EK'), name, policy };
  const ids = await send(operatorClient(io, options), [pin], options.reason);
  said(io, options, 'assay.ek-pins-added/1', { ids, present: 0 }, `${ids[0]}  ${pin.kind}`);
}

/** Pins that one request may bring. */
const BATCH = 1000;

/**
 * The whole table is read and compared with what is pinned before any is added; what is pinned just so is passed over, so that a
 * table can be imported again.
 * @throws UsageError `csv.*`, `ek-pin.*`, `input.*`, and as {@link operatorClient}
 */
export async function importEkPins(io: Io, file: string, options: ImportEkPinsOptions): Promise<void> {
  const rows = readCsv(readText(file, 'the table'), file, ['ek', 'name', 'policy']);
  const pins = readPins(rows, file, options.policy);
  const call = operatorClient(io, options);
  const pinned = await allPins(call);
  const fresh = pins.filter((pin) => !isPinned(pin, pinned));
  const ids: string[] = [];
  for (let at = 0; at < fresh.length; at += BATCH) {
    ids.push(...(await send(call, fresh.slice(at, at + BATCH), options.reason)));
    if (options.json !== true && fresh.length > BATCH) io.err(`${ids.length} of ${fresh.length} pinned\n`);
  }
  const present = pins.length - fresh.length;
  const words = `${ids.length} pinned${present === 0 ? '' : `, ${present} were pinned already`}`;
  said(io, options, 'assay.ek-pins-added/1', { ids, present }, words);
}

function readPins(rows: readonly CsvRow[], file: string, fallback: string | undefined): NewPin[] {
  const lines = new Map<string, number>();
  return rows.map(({ line, fields }) => {
    const where = `${file}, line ${line}`;
    const policy = fields.get('policy') || fallback;
    const name = fields.get('name');
    if (policy === undefined || name === undefined || name === '') {
      const lacks = policy === undefined ? 'no policy' : 'no name';
      throw new UsageError('ek-pin.incomplete', `${where}: ${lacks}`, 'fill the columns ek, name, policy, or --policy');
    }
    const ek = readEk(fields.get('ek') ?? '', where);
    const first = lines.get(ek.value);
    if (first !== undefined) {
      throw new UsageError('ek-pin.twice', `${where}: the EK of line ${first} again`, 'remove one of the lines');
    }
    lines.set(ek.value, line);
    return { ...ek, name, policy };
  });
}

/** What people call a fingerprint may have colons and capitals. */
function readEk(text: string, where: string): Pick<NewPin, 'kind' | 'value'> {
  const value = text.trim().toLowerCase().replaceAll(':', '');
  if (/^[0-9a-f]{64}$/.test(value)) return { kind: 'ek-spki-sha256', value };
  if (/^000[bcd][0-9a-f]{64,128}$/.test(value)) return { kind: 'ek-name', value };
  throw new UsageError(
    'ek-pin.ek',
    `${where}: ${printable(text, 80)} names no EK`,
    'give its TPM name (000b and the digest), or SHA-256 of its SubjectPublicKeyInfo in 64 hexadecimal digits',
  );
}

function isPinned(pin: NewPin, pinned: ReadonlyMap<string, Pin>): boolean {
  const there = pinned.get(`${pin.kind} ${pin.value}`);
  if (there === undefined) return false;
  if (there.name === pin.name && there.policy === pin.policy) return true;
  throw new UsageError(
    'ek-pin.exists',
    `${pin.kind} ${pin.value} is pinned as ${printable(there.name, 100)} under ${there.policy ?? 'no policy'}`,
    `correct the table, or take the pin back first: assay ek-pin remove ${there.id}`,
  );
}

async function allPins(call: Call): Promise<ReadonlyMap<string, Pin>> {
  const pages = await allPages<EkPinList>(call, '/v1/ek-pins');
  return new Map(pages.flatMap(({ pins }) => pins).map((pin) => [`${pin.kind} ${pin.value}`, pin]));
}

async function send(call: Call, pins: NewPin[], reason: string | undefined): Promise<readonly string[]> {
  const body = { pins, ...(reason !== undefined && { reason }) } satisfies NewEkPins;
  return (await call<EkPinsAdded>({ method: 'POST', path: '/v1/ek-pins', body })).ids;
}

/** @throws UsageError as {@link operatorClient} */
export async function listEkPins(io: Io, options: OperatorOptions): Promise<void> {
  const pins = [...(await allPins(operatorClient(io, options))).values()];
  const rows = pins.map(({ id, name, policy, kind, value }) => [id, name, policy ?? '', kind, value]);
  const table = renderTable(io.outStyle, ['id', 'name', 'policy', 'kind', 'EK'], rows);
  said(io, options, 'assay.ek-pins/1', { pins }, table.trimEnd());
}

/** @throws UsageError as {@link operatorClient} */
export async function removeEkPin(io: Io, id: string, options: ReasonOptions): Promise<void> {
  const path = withReason(`/v1/ek-pins/${encodeURIComponent(id)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  said(io, options, 'assay.ek-pin-removed/1', { id }, `${id} removed`);
}
